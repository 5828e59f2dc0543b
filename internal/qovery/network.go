package qovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"qovery-key-rotation/internal/words"
)

// networkProblem tells why there was no answer.
func networkProblem(ctx context.Context, err error, timeout time.Duration) string {
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return "it was interrupted before there was an answer"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("there was no answer within %s", timeout)
	}
	return cmp.Or(words.Network(err), "the connection failed")
}
