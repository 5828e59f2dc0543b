package lab

import "time"

// version is what something was from a time on, and when readers learn of it.
type version[T any] struct {
	at, visible time.Time
	value       T
}

// history is all that something ever was, oldest first. The last version is the
// truth; readers of an eventually consistent service see an earlier one.
type history[T any] []version[T]

func (h *history[T]) add(at time.Time, lag time.Duration, value T) {
	*h = append(*h, version[T]{at, at.Add(lag), value})
}

// asSeen returns what a reader saw at a time, if anything.
func (h history[T]) asSeen(at time.Time) (value T, ok bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if !h[i].visible.After(at) {
			return h[i].value, true
		}
	}
	return value, false
}

func (h history[T]) latest() T { return h[len(h)-1].value }
