package rotation

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLeaseRuns(t *testing.T) {
	for _, test := range []struct {
		name  string
		lease Lease
		want  bool
	}{
		{"none", Lease{}, false},
		{"a time and no holder", Lease{Until: noon.Add(time.Hour)}, false},
		{"until later", Lease{"invocation", noon.Add(1)}, true},
		{"until now", Lease{"invocation", noon}, false},
		{"until before", Lease{"invocation", ago(1)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.lease.runs(noon); got != test.want {
				t.Errorf("runs: %v, want %v", got, test.want)
			}
		})
	}
}

func TestMarks(t *testing.T) {
	var none *Record
	for _, test := range []struct {
		name        string
		r           *Record
		begun, done bool
	}{
		{"no record", none, false, false},
		{"no marks", &Record{}, false, false},
		{"another effect", record(done(Create, day)), false, false},
		{"begun", record(begun(Delete, day)), true, false},
		{"done", record(done(Delete, day)), true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if begun, done := test.r.begun(Delete), test.r.done(Delete); begun != test.begun || done != test.done {
				t.Errorf("begun %v, done %v, want %v, %v", begun, done, test.begun, test.done)
			}
		})
	}
}

// However often an effect is begun, the time of the first is kept; and a request
// that was never answered counts as one that may land.
func TestMarkAgain(t *testing.T) {
	first, second, third := ago(3*time.Hour), ago(2*time.Hour), ago(time.Hour)
	once := Mark{}.again(first, "")
	if once != (Mark{Begun: first}) || once.FirstBegun() != first {
		t.Errorf("begun once: %+v", once)
	}
	unanswered := once.again(second, "").again(third, "")
	if want := (Mark{Begun: third, Earlier: second, First: first}); unanswered != want ||
		unanswered.FirstBegun() != first {
		t.Errorf("begun thrice: %+v, want %+v", unanswered, want)
	}
	once.Done = second
	if got, want := once.again(third, ""), (Mark{Begun: third, First: first}); got != want {
		t.Errorf("begun after it was done: %+v, want %+v", got, want)
	}
}

// What the old key was seen to be counts from the first request that may have had
// the effect; and what is found done may be that request's doing.
func TestMarkSaw(t *testing.T) {
	once := Mark{}.again(ago(2*time.Hour), Active)
	if twice := once.again(ago(time.Hour), Gone); twice.Saw != Active || twice.foundSo() != Unclear {
		t.Errorf("after a request without an answer: %+v, %s", twice, twice.foundSo())
	}
	once.Done = ago(time.Hour)
	if again := once.again(noon, Inactive); again.Saw != Inactive {
		t.Errorf("after it was done: %+v", again)
	}
	if how := (Mark{}).foundSo(); how != Found {
		t.Errorf("without any request: %s", how)
	}
}

// A write that fails must leave the record that it started from as it was.
func TestCloneSharesNothing(t *testing.T) {
	original := record(made(day), attempted(time.Hour), done(Update, time.Hour), leased(time.Minute))
	before := asJSON(t, original)
	clone := original.Clone()
	if got := asJSON(t, clone); got != before {
		t.Fatalf("the clone is %s, want %s", got, before)
	}
	clone.KnownKeys[0], clone.Locations[0].ID, clone.Attempts[0] = keyX, "other", noon
	clone.Marks[Update], clone.Marks[Delete] = Mark{}, Mark{Begun: noon}
	if got := asJSON(t, original); got != before {
		t.Errorf("a change of the clone shows in the original: %s, was %s", got, before)
	}
	bare := Record{}.Clone()
	bare.Marks[Create] = Mark{Begun: noon} // doesn't panic: a clone can be marked
	if !bare.begun(Create) {
		t.Error("the mark of a clone without marks is lost")
	}
}

// The journal keeps whole key ids and exact times; what was not is not written.
func TestRecordRoundTrip(t *testing.T) {
	r := *record(made(day), attempted(90*time.Minute+7*time.Nanosecond), begun(Update, time.Hour), leased(time.Minute))
	text := asJSON(t, r)
	wantText(t, text, string(keyO), string(keyN))
	var back Record
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, r) {
		t.Errorf("came back as %+v, was %+v", back, r)
	}
	wantNoText(t, asJSON(t, record(begun(Create, day))), "0001-01-01", `"newKey"`, `"attempts"`, `"done"`)
}

// The sentence about what is in place never says more than the journal knows.
func TestInPlace(t *testing.T) {
	handed := []past{made(day), done(Update, day)}
	after := func(more ...past) *Record { return record(append(handed[:2:2], more...)...) }
	for _, test := range []struct {
		name string
		r    *Record
		says string
	}{
		{"nothing yet", record(), "Qovery holds the old key ****OLD1; there is no new key"},
		{"a creation was lost", record(attempted(day)),
			"Qovery holds the old key ****OLD1, still Active; a new key may have been created"},
		{"created", record(made(day)),
			"Qovery holds the old key ****OLD1, still Active; the new key ****NEW2 isn't used anywhere in Qovery"},
		{"update begun", record(made(day), begun(Update, day)),
			"some locations in Qovery may hold the new key ****NEW2 already; the old key ****OLD1 is still Active"},
		{"update done", after(), "Qovery holds the new key ****NEW2; the old key ****OLD1 is still Active"},
		{"deactivation begun", after(begun(Deactivate, day)),
			"Qovery holds the new key ****NEW2; the old key ****OLD1 is Active or Inactive"},
		{"deactivated", after(done(Deactivate, day)), "Qovery holds the new key ****NEW2; the old key ****OLD1 is Inactive"},
		{"brought back", after(done(Reactivate, day)),
			"Qovery holds the new key ****NEW2; the old key ****OLD1 is Active again"},
		{"deletion begun", after(done(Deactivate, day), begun(Delete, day)),
			"Qovery holds the new key ****NEW2; the old key ****OLD1 is Inactive or deleted"},
		{"deleted", after(done(Deactivate, day), done(Delete, day)),
			"Qovery holds the new key ****NEW2; the old key ****OLD1 is deleted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.r.inPlace(); got.String() != "According to the journal, "+test.says {
				t.Errorf("in place: %s, want %s", got, test.says)
			}
		})
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// TestIsUntouched: a cluster that was never deployed with the role, and points where it
// did, runs with the key that it had.
func TestIsUntouched(t *testing.T) {
	had := []Location{{LocationRef: LocationRef{ID: "had"}, Clusters: []string{"its"}}}
	begun := Move{From: LocationRef{ID: "had"}, Begun: ago(time.Hour)}
	deployed := begun
	deployed.Deploying = ago(time.Hour)
	for _, test := range []struct {
		move    Move
		cluster string
		want    bool
	}{{begun, "its", true}, {begun, "another", false}, {deployed, "its", false}} {
		if got := test.move.isUntouched(test.cluster, had); got != test.want {
			t.Errorf("%s, %+v: %v", test.cluster, test.move, got)
		}
	}
}
