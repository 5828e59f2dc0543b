// Package lab is the world that rotations run in when there is no AWS account
// and no Qovery: in memory, deterministic, and on virtual time.
//
// Its floor is the Timeline, a scheduler that runs one process at a time and
// lets hours pass in microseconds. Every remote call goes over the Wire, which
// gives it latency and, where a scenario says so, a Fault. Behind the wire
// stand the services: IAM (with STS), SSM, Journal and Executions, each
// answering the ports of package rotation the way the real one does, its lags
// and its limits included. Chance comes from seeds alone: the same seed is the
// same world.
package lab
