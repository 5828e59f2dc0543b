//go:build integration

package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
)

// testWorld puts a world together on a lane of its own, for a test.
func testWorld(t *testing.T, setup lab.Setup) *world {
	t.Helper()
	const enough = 5 * time.Minute
	ctx, cancel := context.WithTimeoutCause(context.Background(), enough, errors.New("the world goes on for too long"))
	l := <-free
	var w *world
	t.Cleanup(func() { // also when the world could not be put together
		if w != nil {
			w.collect()
			w.tearDown()
		}
		l.world.Store(nil)
		cancel()
		free <- l
	})
	w = newWorld(ctx, t, l, setup)
	return w
}

// sleep lets time pass for the script of a scenario.
func (w *world) sleep(d time.Duration) { _ = w.clock.Doze(w.ctx, w.clock.Now().Add(d)) }
