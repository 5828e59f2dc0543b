//go:build !testclock

package lambda

import (
	"context"
	"time"
)

// Now is the time.
func (Clock) Now() time.Time { return time.Now() }

// Sleep waits, or returns why ctx ended first.
func (Clock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
