// Package lazyregexp compiles regular expressions when they are first used. A
// function that checks no target and meets no error uses none of those it links,
// and compiling them would be half of what its own packages cost a cold start.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns what compiles the expression once and returns it. A wrong one
// panics at its first use, so every expression needs a test that uses it.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
