package lab

// worker is a goroutine that runs processes, one after another: the stack that
// one step has grown serves the next. What is sent to it is what it runs next.
type worker chan *Process

// hire returns a worker that is idle, or a new one.
func (t *Timeline) hire() worker {
	if last := len(t.idle) - 1; last >= 0 {
		w := t.idle[last]
		t.idle = t.idle[:last]
		return w
	}
	w := make(worker, 1) // with room for one, because a worker may hire itself
	t.goroutines.Add(1)
	go t.work(w)
	return w
}

// work gives control away after each process. Of one that was killed the
// goroutine ends, as runtime.Goexit has it, and gives control away as it goes.
func (t *Timeline) work(w worker) {
	killed := true
	defer t.goroutines.Done()
	defer func() {
		if killed {
			t.give(t.next())
		}
	}()
	for p := range w {
		p.body()
		t.idle = append(t.idle, w)
		t.give(t.next())
	}
	killed = false
}
