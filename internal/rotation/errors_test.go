package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/test/wordstest"
	"qovery-key-rotation/internal/words"
)

// An error is told in sentences: what is so, what is in place now, what to do
// next; with one full stop after each.
func TestErrorSentence(t *testing.T) {
	for _, test := range []struct {
		name string
		err  Error
		want string
	}{
		{"all parts",
			Error{Code: NewKeyUnusable, What: "STS refuses the key", InPlace: "Qovery holds the old key", Next: "Wait"},
			"STS refuses the key. Qovery holds the old key. Wait."},
		{"full stops are not doubled", Error{Code: NewKeyUnusable, What: "STS refuses the key.", InPlace: "Qovery holds " +
			"the old key..", Next: "Wait."}, "STS refuses the key. Qovery holds the old key. Wait."},
		{"nor are spaces", Error{Code: NewKeyUnusable, What: " STS refuses the key. ", InPlace: " ", Next: "Wait\n"},
			"STS refuses the key. Wait."},
		{"the code's own advice", Error{Code: NewKeyUnusable, What: "STS refuses the key"},
			"STS refuses the key. Start the rotation again."},
		{"a code that nobody knows", Error{Code: "Other", What: "It broke"}, "It broke."},
		{"nothing", Error{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.err.Error(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestErrorf(t *testing.T) {
	err := Errorf(TooManyClusters, "There are %d clusters for %s", 251, keyO)
	if err.Class != Unchanged || err.What != "There are 251 clusters for ****OLD1" || err.Urgent {
		t.Errorf("made %+v", err)
	}
	wantText(t, err.Error(), "There are 251 clusters for ****OLD1. Split the clusters")
}

func TestAsError(t *testing.T) {
	coded := Errorf(Throttled, "Too many requests")
	for _, test := range []struct {
		name  string
		err   error
		want  Code
		class Class
	}{
		{"one of ours", coded, Throttled, Transient},
		{"wrapped", fmt.Errorf("listing keys: %w", coded), Throttled, Transient},
		{"joined", errors.Join(errors.New("other"), coded), Throttled, Transient},
		{"a context that ended", context.DeadlineExceeded, Unreachable, Transient},
		{"anything else proves nothing, and is tried again", ErrNoSuchKey, Unreachable, Transient},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := AsError(test.err)
			if got.Code != test.want || got.Class != test.class {
				t.Errorf("got %s, %s, want %s, %s", got.Code, got.Class, test.want, test.class)
			}
			if !HasCode(test.err, test.want) && test.want != Unreachable {
				t.Errorf("has no code %s", test.want)
			}
			if HasCode(test.err, LockLost) || HasCode(nil, test.want) {
				t.Error("has a code that it has not")
			}
		})
	}
	if HasCode(ErrNoSuchKey, Unreachable) {
		t.Error("an error without a code has one")
	}
	wantText(t, AsError(context.Canceled).Error(), "context canceled")
}

// explain says what is in place, unless the error knows better, and leaves the
// error that it was given alone.
func TestExplain(t *testing.T) {
	r := record(made(day))
	original := Errorf(LockLost, "Another has it")
	got := AsError(r.explain(original))
	wantText(t, got.Error(), "Another has it. According to the journal, Qovery holds the old key ****OLD1, still "+
		"Active; the new key ****NEW2 is held nowhere. Another execution")
	if original.InPlace != "" {
		t.Error("the original has changed")
	}
	original.InPlace = "All is well"
	wantText(t, r.explain(fmt.Errorf("wrapped: %w", original)).Error(), "Another has it. All is well. ")
	if r.explain(nil) != nil {
		t.Error("no error became one")
	}
}

// A refusal by Preflight is clean only where no record is open.
func TestRefusalWithARecordIsHeld(t *testing.T) {
	for _, test := range []struct {
		code   Code
		record *Record
		want   Class
	}{
		{NoClusters, nil, Unchanged},
		{NoClusters, record(), Paused},
		{ClustersBusy, record(), Transient},
		{NewKeyLost, record(made(day)), Paused},
		{RotationInProgress, record(), Unchanged},
	} {
		original := Errorf(test.code, "It is so")
		got := refusal(original, test.record)
		if got.Class != test.want || got.Code != test.code {
			t.Errorf("%s: got %s, want %s", test.code, got.Class, test.want)
		}
		if (got.InPlace != "") != (test.record != nil) || original.InPlace != "" {
			t.Errorf("%s: in place is %q, of the original %q", test.code, got.InPlace, original.InPlace)
		}
	}
}

// However a part of it ends that others have written, an error is made of whole
// sentences, and so is what is added to it later.
func TestSentences(t *testing.T) {
	for _, info := range Codes {
		for _, what := range []string{"It is so", "It is so.", "Is it so?", "AWS says: Slow down!", "It was cut …",
			"It was cut ..."} {
			err := Errorf(info.Code, "%s", what)
			err.InPlace = "According to the journal, all is well"
			if wrong := wordstest.Wrong(err.Error()); wrong != "" {
				t.Errorf("%s: %s in %s", info.Code, wrong, err)
			}
			for _, cause := range []string{what, lambdaCause(t, what)} {
				caught := &CaughtError{Error: string(info.Code), Cause: cause}
				caught.amend("the old key is Active again")
				if wrong := wordstest.Wrong(words.Cause(caught.Cause)); wrong != "" {
					t.Errorf("%s: %s in %s", info.Code, wrong, caught.Cause)
				}
			}
		}
	}
}

func lambdaCause(t *testing.T, message string) string {
	t.Helper()
	return asJSON(t, map[string]string{"errorMessage": message, "errorType": "Other"})
}

// Every row of the table says what to do, in one sentence or more, to people.
func TestAdvice(t *testing.T) {
	for _, info := range Codes {
		if info.Advice == "" || strings.HasSuffix(info.Advice, ".") || strings.ToUpper(info.Advice[:1]) != info.Advice[:1] {
			t.Errorf("%s: the advice %q is no sentence without its full stop", info.Code, info.Advice)
		}
		if !slices.Contains([]Class{Unchanged, Paused, Transient, Again}, info.Class) {
			t.Errorf("%s: class %q", info.Code, info.Class)
		}
		if info.Code.Info().Code != info.Code || info.Code.Class() != info.Class || info.Code.Advice() != info.Advice {
			t.Errorf("%s: Info finds another row", info.Code)
		}
	}
	if unknown := Code("Other").Info(); unknown.Class != Paused || unknown.Code != "Other" {
		t.Errorf("a code that nobody knows is %+v, want held", unknown)
	}
}
