package cli

import (
	"bytes"
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/rotationtest"
)

func TestProgress(t *testing.T) {
	at := time.Date(2026, 1, 12, 10, 17, 30, 0, time.UTC)
	for want, p := range map[string]progress{
		"starting, 2 s so far": {Elapsed: 2 * time.Second},
		"DeployClusters (1 of 3 clusters done, 12 min so far)": {State: "DeployClusters",
			Elapsed: 12 * time.Minute, Done: 1, All: 3},
		"GracePeriod: 1 h 30 min left, until 10:17:30 UTC (1 of 1 cluster done, 47 min so far)": {State: "GracePeriod",
			Elapsed: 47 * time.Minute, Left: 90 * time.Minute, Until: at, Done: 1, All: 1},
	} {
		if got := p.String(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// Elsewhere than on a terminal there is neither a line that is repainted nor colour.
func TestNoTerminal(t *testing.T) {
	var out bytes.Buffer
	if terminalOf(&out) != nil || colourful(&out) ||
		paint(&out, notice.Message{Whole: "URGENT. No.\nmore"}) != "URGENT. No.\nmore" {
		t.Error("a buffer is taken for a terminal")
	}
	plainView{&out}.live(progress{State: "GracePeriod"})
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

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
		unwritten{"The output", "Make room", syscall.ENOSPC}} {
		if wrong := rotationtest.Wrong(problemOf(err).Error()); wrong != "" {
			t.Errorf("%s in %s", wrong, problemOf(err))
		}
	}
}
