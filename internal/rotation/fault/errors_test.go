package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

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
			Error{Code: NewKeyUnusable, What: "STS refuses the key", InPlace: "Qovery holds the old key",
				Next: &Advice{First: "Wait"}},
			"STS refuses the key. Qovery holds the old key. Wait."},
		{"full stops are not doubled", Error{Code: NewKeyUnusable, What: "STS refuses the key.", InPlace: "Qovery holds " +
			"the old key..", Next: &Advice{First: "Wait."}}, "STS refuses the key. Qovery holds the old key. Wait."},
		{"nor are spaces",
			Error{Code: NewKeyUnusable, What: " STS refuses the key. ", InPlace: " ", Next: &Advice{First: "Wait\n"}},
			"STS refuses the key. Wait."},
		{"what puts it right is a command",
			Error{Code: NewKeyUnusable, What: "STS refuses the key", Next: &Advice{First: "See the key",
				Command: "aws iam list-access-keys"}},
			"STS refuses the key. See the key: aws iam list-access-keys."},
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
	err := Errorf(TooManyClusters, "There are %d clusters for %s", 251, "a user")
	if err.Class != Unchanged || err.What != "There are 251 clusters for a user" || err.Urgent {
		t.Errorf("made %+v", err)
	}
	if want := "There are 251 clusters for a user. Split the clusters"; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("it says %q, want %q", err, want)
	}
}

// Logs have of an error what is so, with as much of ids as the step had.
func TestAttr(t *testing.T) {
	for err, want := range map[error]string{
		Errorf(NewKeyLost, "The new key %s is gone", words.KeyText("****NEW2")): "NewKeyLost: The new key ****NEW2 is gone",
		errors.New("EOF"): "Unreachable: The step was interrupted: EOF",
	} {
		group := Attr(err).Value.Group()
		if got := group[0].Value.String() + ": " + group[1].Value.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAsError(t *testing.T) {
	coded, errNoSuchKey := Errorf(Throttled, "Too many requests"), errors.New("no such key")
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
		{"anything else proves nothing, and is tried again", errNoSuchKey, Unreachable, Transient},
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
	if HasCode(errNoSuchKey, Unreachable) {
		t.Error("an error without a code has one")
	}
	if err := AsError(context.Canceled); !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("it says %q", err)
	}
}

// Every row of the table says what to do, in one sentence or more, to people.
func TestAdvice(t *testing.T) {
	for _, info := range Codes {
		text := info.Advice.String()
		if text == "" || strings.HasSuffix(text, "..") || strings.ToUpper(text[:1]) != text[:1] {
			t.Errorf("%s: the advice %q is no sentence", info.Code, text)
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

// A rotation may end with a code and leave nothing open where Preflight raises it, or
// where the way back closes the record.
func TestMayEndUnchanged(t *testing.T) {
	for code, want := range map[Code]bool{
		NoClusters: true, Unreachable: true, AccessDenied: true, NewKeyUnusable: true,
		LockLost: false, OldKeyHeld: false, UpdateFailed: false, WrongIdentity: false,
	} {
		if code.Info().MayEndUnchanged() != want {
			t.Errorf("%s: want %t", code, want)
		}
	}
}

// What passes may end unchanged, and what a person puts right doesn't pass by itself.
func TestPassing(t *testing.T) {
	for _, info := range Codes {
		if info.Passing && !info.MayEndUnchanged() {
			t.Errorf("%s passes, and no execution ends unchanged with it", info.Code)
		}
	}
	for name, want := range map[string][2]bool{ // Passing, Resumable
		"Throttled": {true, true}, "Unreachable": {true, true}, "TooEarly": {true, true},
		"Lambda.Unknown": {true, true}, "Runtime.ExitError": {true, true}, "States.Timeout": {true, true},
		"ClustersLocked": {true, false}, "NewKeyUnusable": {true, false},
		"TokenRefused": {false, false}, "MultipleAccessKeys": {false, false}, "AbortRequested": {false, false},
		"States.DataLimitExceeded": {false, false}, "StoppedToAbort": {false, false}, "": {false, false},
	} {
		if got := [2]bool{Passing(name), Resumable(name)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// What was begun to retire a key is begun again by retiring it; what is to be redriven
// or watched is so for a retirement, too.
func TestOfRetirement(t *testing.T) {
	for advised, want := range map[Do]Do{Start: Retire, Redrive: Redrive, Watch: Watch} {
		err := &Error{Code: Frozen, What: "No", Next: &Advice{First: "Wait", Do: advised}}
		if got := err.Of(Retire).Next; got.Do != want || got.First != "Wait" {
			t.Errorf("%s becomes %+v, not %s", advised, got, want)
		}
	}
	err := Errorf(NewKeyUnusable, "STS refuses the key").Of(Retire)
	if want := "STS refuses the key. Retire the key again."; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
	if NewKeyUnusable.Advice().Do != Start {
		t.Error("the code's own advice has changed, for every error")
	}
}
