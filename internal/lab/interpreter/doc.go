// Package interpreter runs a definition that statemachine has read, without AWS.
//
// An Execution lives in a Host, which owns the clock, the functions and the dice. The package itself starts no
// goroutine, reads no clock and draws no random number: the same host gives the same history.
package interpreter
