package rotation_test

import (
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// leased watches a world: whatever is changed beside the journal is changed while a
// lease runs that somebody who takes the record over would see. An execution that the
// audit starts changes nothing yet.
func leased(t *testing.T, w *lab.World) *int {
	t.Helper()
	writes, given := new(int), w.Wire.Injector
	w.Wire.Injector = func(call lab.Call) lab.Fault {
		service, _, _ := strings.Cut(call.Site, ".")
		if call.Write && service != "journal" && service != "states" {
			*writes++
			record := w.Journal.Current(lab.UserName)
			if record == nil || record.Lease.Holder == "" || !w.Timeline.Now().Before(record.Lease.Until) {
				t.Errorf("%s is sent by %s without a lease", call.Site, call.Process)
			}
		}
		if given != nil {
			return given(call)
		}
		return lab.Fault{}
	}
	return writes
}

// TestNothingIsWrittenWithoutALease: not by any scenario, not by a step at any
// moment, and not by a person who releases a record.
func TestNothingIsWrittenWithoutALease(t *testing.T) {
	for _, scenario := range lab.Scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			if _, err := scenario.Play(scenario.Setup, func(w *lab.World) { leased(t, w) }); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			f := freeze(t, m)
			leased(t, f.World)
			_, err := f.invoke(t)
			requireCode(t, err, "")
		})
	}
	t.Run("a release", func(t *testing.T) {
		p := attentive(t, lab.Setup{})
		p.operate(t, func() {
			p.interrupt(t, "VerifyKey")
			p.Sleep(10 * time.Minute)
			if writes := leased(t, p.World); p.ReleaseByHand() != nil || *writes == 0 {
				t.Errorf("nothing is released, and %d secrets are destroyed", *writes)
			}
		})
	})
}

// TestALeaseWithoutAnAnswerIsCleared: the next invocation does not wait for its end.
func TestALeaseWithoutAnAnswerIsCleared(t *testing.T) {
	f := freeze(t, at("CreateKey"))
	lost := false
	f.Wire.Injector = func(call lab.Call) lab.Fault {
		if lost || call.Site != "journal.Save" {
			return lab.Fault{}
		}
		lost = true
		return lab.Fault{Kind: lab.FailAfter}
	}
	_, err := f.invoke(t)
	requireCode(t, err, fault.Unreachable)
	if lease := f.Journal.Current(lab.UserName).Lease; !lost || lease != (rotation.Lease{}) {
		t.Errorf("left behind: %+v", lease)
	}
}
