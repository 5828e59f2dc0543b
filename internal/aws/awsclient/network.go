package awsclient

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/words"
)

// network says why there was no whole answer, or "" where the network isn't why.
func network(err error) string {
	var (
		canceled interface{ CanceledError() bool }
		timeout  interface{ Timeout() bool }
		file     *fs.PathError
	)
	switch {
	case errors.As(err, &file): // of credentials; its number is none of the network's
		return ""
	case errors.Is(err, context.Canceled), errors.As(err, &canceled) && canceled.CanceledError():
		return "the function's time is over"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "it took too long"
	case errors.Is(err, io.EOF) && isRead(err):
		return ""
	}
	return words.Network(err)
}

// isRead tells that the answer arrived, and was read. An io.EOF is then the
// decoder's, who found no document in it; a cut answer is io.ErrUnexpectedEOF.
func isRead(err error) bool {
	var unreadable *smithy.DeserializationError
	return errors.As(err, &unreadable)
}
