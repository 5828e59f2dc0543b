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
		"2 s so far":                          {elapsed: 2 * time.Second},
		"1 of 3 clusters done, 12 min so far": {state: "DeployClusters", elapsed: 12 * time.Minute, done: 1, all: 3},
		"1 h 30 min left, until 10:17:30 UTC; 1 of 1 cluster done, 47 min so far": {state: "GracePeriod",
			elapsed: 47 * time.Minute, left: 90 * time.Minute, until: at, done: 1, all: 1},
	} {
		if got := p.String(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// Without a terminal there is a sign of life when nothing has happened for five minutes.
func TestHeartbeat(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 1, 12, 8, 10, 0, 0, time.UTC)
	v := &plainView{out: &out}
	v.line(line{At: at, State: "GracePeriod", Text: "until 10:17:39 UTC"})
	for after := time.Duration(0); after <= 12*time.Minute; after += 10 * time.Second {
		v.live(progress{now: at.Add(after), state: "GracePeriod", elapsed: 10*time.Minute + after})
	}
	const want = `Jan 12 08:10:00 UTC  GracePeriod          until 10:17:39 UTC
Jan 12 08:15:00 UTC  GracePeriod          15 min so far
Jan 12 08:20:00 UTC  GracePeriod          20 min so far
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

// Elsewhere than on a terminal there is neither a line that is repainted nor colour.
func TestNoTerminal(t *testing.T) {
	var out bytes.Buffer
	if terminalOf(&out) != nil || colourful(&out) ||
		paint(&out, notice.Urgent, "URGENT. No.\nmore") != "URGENT. No.\nmore" {
		t.Error("a buffer is taken for a terminal")
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
