package awsclient

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"syscall"

	"github.com/aws/smithy-go"
)

// network tells whether there was no whole answer, and why, in its own words:
// errors of net/http can quote what the other side sent.
func network(err error) (bool, string) {
	var (
		canceled interface{ CanceledError() bool }
		timeout  interface{ Timeout() bool }
		name     *net.DNSError
		number   syscall.Errno
		other    net.Error
		file     *fs.PathError
	)
	switch {
	case errors.As(err, &file): // of credentials; its number is none of the network's
		return false, ""
	case errors.Is(err, context.Canceled), errors.As(err, &canceled) && canceled.CanceledError():
		return true, "the function's time is over"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return true, "it took too long"
	case errors.As(err, &name):
		return true, "the host's name cannot be resolved"
	case errors.As(err, &number): // the words are the operating system's
		return true, number.Error()
	case errors.Is(err, io.EOF) && !isRead(err), errors.Is(err, io.ErrUnexpectedEOF):
		return true, "the connection ended before the answer did"
	case errors.As(err, &other):
		return true, "the connection failed"
	}
	return false, ""
}

// isRead tells that the answer arrived, and was read. An io.EOF is then the
// decoder's, who found no document in it; a cut answer is io.ErrUnexpectedEOF.
func isRead(err error) bool {
	var unreadable *smithy.DeserializationError
	return errors.As(err, &unreadable)
}
