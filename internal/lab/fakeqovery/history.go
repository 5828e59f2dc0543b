package fakeqovery

import "time"

// remembered is how long a version is kept after the next one took its place:
// longer than any answer is stale.
const remembered = time.Hour

// history is the versions of a value, the oldest first, so that an answer can
// be stale.
type history[T any] []version[T]

type version[T any] struct {
	since time.Time
	value T
}

// set adds a version. Times never go back.
func (h *history[T]) set(at time.Time, value T) {
	versions := *h
	for len(versions) > 1 && versions[1].since.Before(at.Add(-remembered)) {
		versions = versions[1:]
	}
	*h = append(versions, version[T]{at, value})
}

// last is the newest version.
func (h history[T]) last() version[T] { return h[len(h)-1] }

// at is the value at a time, or the first there is.
func (h history[T]) at(t time.Time) T {
	for i := len(h) - 1; i > 0; i-- {
		if !h[i].since.After(t) {
			return h[i].value
		}
	}
	return h[0].value
}
