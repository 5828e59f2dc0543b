package cli

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/rotationtest"
)

// Whatever an adapter answers, a person reads whole sentences.
func TestProblemsAreSentences(t *testing.T) {
	for _, info := range fault.Codes {
		for _, what := range []string{"It is so", "It is so.", "Is it?", "It was cut ...", "AWS says: No!"} {
			err := fault.Errorf(info.Code, "%s", what)
			if wrong := rotationtest.Wrong(problemOf(err).Error()); wrong != "" {
				t.Errorf("%s: %s in %s", info.Code, wrong, problemOf(err))
			}
		}
	}
	for _, err := range []error{context.Canceled, errors.New("it broke\nhere"),
		unwritten("The output", "Make room", syscall.ENOSPC)} {
		if wrong := rotationtest.Wrong(problemOf(err).Error()); wrong != "" {
			t.Errorf("%s in %s", wrong, problemOf(err))
		}
	}
}
