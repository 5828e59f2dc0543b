package qovery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"qovery-key-rotation/internal/words"
)

// networkProblem tells in its own words why there was no answer. Errors of
// net/http are not repeated: they can quote what the server sent, and a server
// can send back what it was given.
func networkProblem(ctx context.Context, err error, timeout time.Duration) string {
	var (
		network     net.Error
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		operation   *net.OpError
		number      syscall.Errno
	)
	switch {
	case ctx.Err() != nil:
		return "it was interrupted before there was an answer"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("there was no answer within %s", timeout)
	case errors.As(err, &name):
		return "the host's name could not be resolved"
	case errors.As(err, &certificate):
		return words.Certificate(certificate)
	case errors.As(err, &number): // the words are the operating system's
		return fmt.Sprintf("the connection failed (%s)", number.Error())
	case errors.As(err, &operation) && operation.Op == "dial":
		return "no connection could be made"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection ended before the answer did"
	}
	return "the connection failed"
}
