package rotation

import (
	"encoding/json"
	"testing"
	"time"
)

// Step Functions cuts fractions of a second off, so that a time that isn't
// rounded up ends a wait too early.
func TestWaitTime(t *testing.T) {
	paris := time.FixedZone("", 3600)
	for _, test := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"a whole second stays", noon, "2026-08-03T12:00:00Z"},
		{"a fraction is rounded up", noon.Add(1), "2026-08-03T12:00:01Z"},
		{"and up", noon.Add(999_999_999), "2026-08-03T12:00:01Z"},
		{"over midnight", time.Date(2026, 12, 31, 23, 59, 59, 1, time.UTC), "2027-01-01T00:00:00Z"},
		{"in UTC", time.Date(2026, 8, 3, 13, 0, 0, 1, paris), "2026-08-03T12:00:01Z"},
		{"never missing", time.Time{}, "0001-01-01T00:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := asJSON(t, WaitTime{test.at})
			if text != `"`+test.want+`"` {
				t.Fatalf("written as %s, want %q", text, test.want)
			}
			if pointer := asJSON(t, &WaitTime{test.at}); pointer != text {
				t.Errorf("behind a pointer it is written as %s", pointer)
			}
			var back WaitTime
			if err := json.Unmarshal([]byte(text), &back); err != nil {
				t.Fatal(err)
			}
			if back.Before(test.at) || back.Sub(test.at) >= time.Second {
				t.Errorf("came back as %s, was %s", back, test.at)
			}
			if again := asJSON(t, back); again != text {
				t.Errorf("written once more: %s", again)
			}
		})
	}
	for _, wrong := range []string{`"soon"`, `""`, `null`, `12`, `"2026-08-03T12:00:00"`} {
		if err := json.Unmarshal([]byte(wrong), new(WaitTime)); err == nil {
			t.Errorf("%s was accepted as a time to wait for", wrong)
		}
	}
}

// A missing path can't be caught: every time that a Wait state reads is there
// in the emptiest document, and so is what the Choices read.
func TestWaitTimesAreAlwaysWritten(t *testing.T) {
	var document map[string]any
	if err := json.Unmarshal([]byte(asJSON(t, Document{})), &document); err != nil {
		t.Fatal(err)
	}
	part := func(name string) map[string]any { inner, _ := document[name].(map[string]any); return inner }
	for path, found := range map[string]any{
		"$.deployment.nextPollAt":   part("deployment")["nextPollAt"],
		"$.graceEndsAt":             document["graceEndsAt"],
		"$.usage.nextCheckAt":       part("usage")["nextCheckAt"],
		"$.observationEndsAt":       document["observationEndsAt"],
		"$.verification.nextPollAt": part("verification")["nextPollAt"],
	} {
		if found != "0001-01-01T00:00:00Z" {
			t.Errorf("%s is %v", path, found)
		}
	}
	for path, found := range map[string]any{
		"$.plan.action":       part("plan")["action"],
		"$.deployment.next":   part("deployment")["next"],
		"$.usage.idle":        part("usage")["idle"],
		"$.verification.next": part("verification")["next"],
		"$.nextIsDue":         document["nextIsDue"],
	} {
		if found == nil {
			t.Errorf("%s is missing", path)
		}
	}
}
