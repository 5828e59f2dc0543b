package lab

import (
	"container/heap"
	"time"
)

// absent is the index of an entry that is not in the queue.
const absent = -1

// entry is something that is due at a time: a process to go on, or an event.
type entry struct {
	at      time.Duration
	seq     uint64
	index   int
	process *Process
	event   func()
}

// queue is a heap of entries by time, and by age among those of the same time.
type queue []*entry

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].seq < q[j].seq
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	e := x.(*entry)
	e.index = len(*q)
	*q = append(*q, e)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	e.index = absent
	return e
}

// push puts an entry into the queue, or moves it behind all others of its new time.
func (t *Timeline) push(e *entry, at time.Duration) {
	t.seq++
	e.at, e.seq = max(at, t.elapsed), t.seq
	if e.index == absent {
		heap.Push(&t.queue, e)
	} else {
		heap.Fix(&t.queue, e.index)
	}
}

// drop takes an entry out of the queue, if it is there.
func (t *Timeline) drop(e *entry) {
	if e.index != absent {
		heap.Remove(&t.queue, e.index)
	}
}
