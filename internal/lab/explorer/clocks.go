package explorer

import (
	"context"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// Rules 3, 4 and 15: what time it is.

// ownTime has the journal tell the time that the asking function's clock shows.
func ownTime(_ *lab.World, p *lab.Ports) {
	clock := p.Clock
	p.Journal = retold{p.Journal, func(r *rotation.Record) { r.ReadAt = clock.Now() }}
}

// ownClock hides from the functions when their state was entered, too.
func ownClock(w *lab.World, p *lab.Ports) {
	ownTime(w, p)
	p.Around = func(step rotation.Step) rotation.Step { return timeless{step} }
}

type timeless struct{ rotation.Step }

func (t timeless) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
	call.EnteredTime = time.Time{}
	return t.Step.Run(ctx, call)
}

func slowClock(w *lab.World, p *lab.Ports) {
	p.Clock = slow{p.Clock, w}
	ownClock(w, p)
}

type slow struct {
	rotation.Clock
	world *lab.World
}

func (s slow) Now() time.Time {
	runs := s.world.Runs()
	switch runs[len(runs)-1].CurrentState() {
	case "UpdateCredentials", "DeployClusters":
		return s.Clock.Now().Add(-3 * time.Hour)
	}
	return s.Clock.Now()
}
