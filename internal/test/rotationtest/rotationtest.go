// Package rotationtest holds the contracts of the ports as tests. Whatever
// claims to be a rotation.Journal, Keys, Staging or Executions runs the same
// suite: the simulated world's, and the adapters to AWS. What people read is checked
// here, too: its punctuation (sentences.go), and that no time in it is missing
// (times.go).
package rotationtest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
)

// Host is where a suite runs: how it waits, and how it does things at once.
type Host struct {
	Clock rotation.Clock
	// Together runs functions at the same time and returns when all are over.
	Together func(fs ...func())
	// Patience is how long what is eventually consistent may take.
	Patience time.Duration
}

// RealTime is the host of adapters to servers.
func RealTime() Host {
	return Host{Clock: lambda.Clock{}, Together: together, Patience: 10 * time.Second}
}

func together(fs ...func()) {
	var all sync.WaitGroup
	for _, f := range fs {
		all.Go(f)
	}
	all.Wait()
}

// eventually asks again until the answer is right, which says what is wrong or "".
func (h Host) eventually(t *testing.T, wrong func() string) {
	t.Helper()
	deadline := h.Clock.Now().Add(h.Patience)
	for {
		problem := wrong()
		if problem == "" {
			return
		}
		if !h.Clock.Now().Before(deadline) {
			t.Fatalf("after %s still: %s", h.Patience, problem)
		}
		if err := h.Clock.Sleep(t.Context(), h.Patience/100); err != nil {
			t.Fatal(err)
		}
	}
}

// unique is a name that no earlier test on the same server has used.
func unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()) }

func newKeyID() rotation.KeyID { return rotation.KeyID("AKIA" + rand.Text()[:16]) }

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// difference shows two documents, unless they say the same.
func difference(got, want any) string {
	g, gotErr := json.Marshal(got)
	w, wantErr := json.Marshal(want)
	if err := errors.Join(gotErr, wantErr); err != nil || !bytes.Equal(g, w) {
		return fmt.Sprintf("got  %s\nwant %s (%v)", g, w, err)
	}
	return ""
}
