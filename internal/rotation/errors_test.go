package rotation

import (
	"fmt"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

// explain says what is in place, unless the error knows better, and leaves the
// error that it was given alone.
func TestExplain(t *testing.T) {
	r := record(made(day))
	original := fault.Errorf(fault.LockLost, "Another has it")
	got := fault.AsError(r.explain(original))
	wantText(t, got.Error(), "Another has it. According to the journal, Qovery holds the old key ****OLD1, still "+
		"Active; the new key ****NEW2 isn't used anywhere in Qovery. Another execution")
	if original.InPlace != "" {
		t.Error("the original has changed")
	}
	original.InPlace = "All is well"
	wantText(t, r.explain(fmt.Errorf("wrapped: %w", original)).Error(), "Another has it. All is well. ")
	if r.explain(nil) != nil {
		t.Error("no error became one")
	}
}

// A refusal by Preflight is unchanged only where no record is open.
func TestRefusalWithARecordIsHeld(t *testing.T) {
	for _, test := range []struct {
		code   fault.Code
		record *Record
		want   fault.Class
	}{
		{fault.NoClusters, nil, fault.Unchanged},
		{fault.NoClusters, record(), fault.Paused},
		{fault.ClustersBusy, record(), fault.Transient},
		{fault.NewKeyLost, record(made(day)), fault.Paused},
		{fault.RotationInProgress, record(), fault.Unchanged},
	} {
		original := fault.Errorf(test.code, "It is so")
		got := refusal(original, test.record)
		if got.Class != test.want || got.Code != test.code {
			t.Errorf("%s: got %s, want %s", test.code, got.Class, test.want)
		}
		if (got.InPlace != "") != (test.record != nil) || original.InPlace != "" {
			t.Errorf("%s: in place is %q, of the original %q", test.code, got.InPlace, original.InPlace)
		}
	}
}
