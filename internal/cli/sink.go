package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// sink is where a command's words go. It remembers the first that could not be
// written, so that no command has to look, and takes none after it: an answer with
// a hole reads like a whole one.
type sink struct {
	to   io.Writer
	lost error
}

func (s *sink) Write(data []byte) (int, error) {
	if s.lost != nil {
		return 0, s.lost
	}
	n, err := s.to.Write(data)
	if err != nil {
		s.lost = unwritten("The output", afterLostOutput, err)
	}
	return n, s.lost
}

const afterLostOutput = "Make room, then try again; what the command was to do in AWS may be done already (rotate " +
	"status)"

// lost is why a part of what was written to out is lost, or nil.
func lost(out io.Writer) error {
	if s, ok := out.(*sink); ok {
		return s.lost
	}
	return nil
}

// isClosed tells whether the reader of out has closed it.
func isClosed(out io.Writer) bool {
	var known *problem
	return errors.As(lost(out), &known) && known.exit == ExitClosedPipe
}

// fileOf is the file that is read or written in the end, if it is one.
func fileOf(end any) (*os.File, bool) {
	if s, ok := end.(*sink); ok {
		end = s.to
	}
	file, ok := end.(*os.File)
	return file, ok
}

// unwritten says that something was to be written and is lost; nothing if the output's reader
// has closed it.
func unwritten(what, todo string, err error) error {
	var known *problem
	switch {
	case errors.As(err, &known): // the file is the output
		return known
	case errors.Is(err, syscall.EPIPE):
		return &problem{exit: ExitClosedPipe}
	}
	return &problem{fmt.Sprintf("%s could not be written: %v", what, err), todo, ExitUnwritten}
}
