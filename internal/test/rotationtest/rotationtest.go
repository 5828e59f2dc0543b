// Package rotationtest holds the contracts of the ports as tests. Whatever
// claims to be a rotation.Journal, Keys, Staging or Executions runs the same
// suite: the simulated world's, and the adapters to AWS. What people read is checked
// here, too: its punctuation (sentences.go), and that no time in it is missing
// (times.go).
package rotationtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	return Host{Clock: realClock{}, Together: together, Patience: 10 * time.Second}
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
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

// difference names the fields in which two documents differ. Absent, null and
// empty are the same, and so are two ways to write the same number.
func difference(got, want any) string {
	g, w := fields(got), fields(want)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if g[name] != w[name] {
			lines = append(lines, fmt.Sprintf("%s is %s, want %s", name, g[name], w[name]))
		}
		delete(g, name)
	}
	for _, name := range slices.Sorted(maps.Keys(g)) {
		lines = append(lines, fmt.Sprintf("%s is %s, want nothing", name, g[name]))
	}
	return strings.Join(lines, "\n")
}

// fields flattens a document into its leaves: marks.create.begun.
func fields(document any) map[string]string {
	data, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		panic(err)
	}
	leaves := map[string]string{}
	flatten(leaves, "", tree)
	return leaves
}

func flatten(leaves map[string]string, path string, tree any) {
	switch tree := tree.(type) {
	case nil:
	case map[string]any:
		for name, branch := range tree {
			flatten(leaves, strings.TrimPrefix(path+"."+name, "."), branch)
		}
	case []any:
		for i, branch := range tree {
			flatten(leaves, fmt.Sprintf("%s[%d]", path, i), branch)
		}
	default:
		leaves[path] = fmt.Sprint(tree)
	}
}
