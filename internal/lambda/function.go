package lambda

import (
	"context"
	"log"
	"log/slog"
	"os"

	awslambda "github.com/aws/aws-lambda-go/lambda"

	"qovery-key-rotation/internal/rotation"
)

// Setup is what a step is built out of.
type Setup struct {
	*Environment
	Clock rotation.Clock
	Log   *slog.Logger
}

// Guard returns the guard of a step upon the journal, with what its step can change.
func (s *Setup) Guard(journal rotation.Journal, writers rotation.Writers) rotation.Guard {
	return rotation.NewGuard(s.Clock, s.Log, journal, writers)
}

// Start builds the step once and serves its invocations until the process ends.
// It never fails by itself: a function that dies at start tells nobody why, so
// one whose environment is wrong answers its invocations with what is wrong.
func Start(build func(*Setup) rotation.Step) {
	setup := newSetup()
	step := build(setup)
	awslambda.StartWithOptions(&handler{serve: serveStep(step), what: "step", broken: setup.Err(), log: setup.Log})
}

// A Listener is a function that is no step: it is sent events, and nobody waits
// for its answer.
type Listener interface {
	Handle(ctx context.Context, event []byte) error
}

// StartListener builds a listener and serves its events, as Start does a step's.
// Lambda sends an event that it fails on twice more.
func StartListener(build func(*Setup) Listener) {
	setup := newSetup()
	listener := build(setup)
	awslambda.StartWithOptions(&handler{serve: serveListener(listener), what: "event", advice: toListener,
		broken: setup.Err(), log: setup.Log})
}

func newSetup() *Setup {
	// aws-lambda-go logs every error it hands on. Without a date before it, that
	// line is JSON as all others are.
	log.SetFlags(0)
	return &Setup{From(os.Getenv), Clock{}, newLog()}
}
