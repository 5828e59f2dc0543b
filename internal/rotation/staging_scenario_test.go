package rotation_test

import (
	"fmt"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation/fault"
)

// What is staged to find out whether a secret can be is gone at every end, and
// whatever became of writing it.
func TestNoProofOfStagingIsLeft(t *testing.T) {
	for _, kind := range []lab.FaultKind{lab.LandLate, lab.KillAfter, lab.FailAfter, lab.HangAfter} {
		for _, site := range []string{"staging.Put", "staging.Delete", "staging.Get"} {
			t.Run(string(kind)+" "+site, func(t *testing.T) {
				delayed := ""
				if kind == lab.LandLate {
					delayed = ":9m"
				}
				result := playText(t, lab.Setup{Clusters: 1}, fmt.Sprintf(
					"lag propagation 24h\nfault %s#1 %s%s\nrun rotation\nwait 1h", site, kind, delayed))
				if result.Outcome != "FAILED "+string(fault.NewKeyUnusable) || whatIsLeft(result.World) != nothingDone {
					t.Errorf("ends %s: %s; left is %s", result.Outcome, result.Last.Cause(), whatIsLeft(result.World))
				}
				requireNoHarm(t, result.World)
			})
		}
	}
}
