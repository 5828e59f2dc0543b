package cli

import (
	"context"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"qovery-key-rotation/internal/rotation"
)

// serviceClock is AWS's time: the machine's clock, corrected by the dates of
// AWS's answers. Leases and waits are in AWS's time, and laptops are off.
type serviceClock struct {
	rotation.Clock

	mu     sync.Mutex
	offset time.Duration
}

// tolerated is by how much the machine's clock may be off uncorrected. Answers
// tell whole seconds, and are under way for a while.
const tolerated = 2 * time.Second

// Now is AWS's time, as far as is known.
func (c *serviceClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Clock.Now().Add(c.offset).UTC()
}

func (c *serviceClock) correct(told time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if offset := told.Sub(c.Clock.Now()); (offset - c.offset).Abs() >= tolerated {
		c.offset = offset
	}
}

// listen has every answer that a client gets correct the clock.
func (c *serviceClock) listen(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ServiceClock",
		func(ctx context.Context, in middleware.InitializeInput,
			next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if told, ok := awsmiddleware.GetServerTime(metadata); ok && !told.IsZero() {
				c.correct(told)
			}
			return out, metadata, err
		}), middleware.After)
}
