package fault

import (
	"encoding/json"
	"strings"
	"testing"
)

// cause is how Step Functions has a function's error.
func cause(t *testing.T, message string) string {
	t.Helper()
	text, err := json.Marshal(lambdaFailure{message, "OldKeyHeld"})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSaidTravels(t *testing.T) {
	err := Errorf(OldKeyHeld, "A location holds the key ****CDEF")
	err.InPlace, err.Key = "The old key is Active", "****CDEF"
	message := err.Said().Message()
	if first, _, _ := strings.Cut(message, "\n"); first != err.Error() {
		t.Errorf("a person reads first %q, want %q", first, err)
	}
	said := Read(cause(t, message))
	if said.What != err.What || said.InPlace != err.InPlace || said.Key != err.Key || *said.Advice != OldKeyHeld.Advice() {
		t.Errorf("read %+v", said)
	}
	if said.String() != err.Error() {
		t.Errorf("it says %q, want %q", said, err)
	}
}

// What older functions, Lambda and Step Functions say is read as it is.
func TestReadPlain(t *testing.T) {
	for text, want := range map[string]string{
		cause(t, "It is gone. Start the rotation again."): "It is gone. Start the rotation again.",
		`{"errorType":"Runtime.ExitError"}`:               `{"errorType":"Runtime.ExitError"}`,
		"States.Timeout":                                  "States.Timeout",
		"":                                                "",
		cause(t, "It is gone.\n{\"what\":\"It is go"): "It is gone.", // cut off
	} {
		if said := Read(text); said.What.String() != want || said.Advice != nil {
			t.Errorf("%s: read %+v", text, said)
		}
	}
}

func TestAmend(t *testing.T) {
	const since = "the new key is deleted"
	for name, text := range map[string]string{
		"of today": cause(t, Errorf(NewKeyUnusable, "STS refuses the key").Said().Message()),
		"older":    cause(t, "STS refuses the key. Start the rotation again."), "plain": "STS refuses the key.",
	} {
		once := Amend(text, since)
		said := Read(once).String()
		if !strings.HasPrefix(said, "STS refuses the key.") || !strings.HasSuffix(said, " Since then: "+since+".") {
			t.Errorf("%s: it says %q", name, said)
		}
		if Amend(once, since) != once {
			t.Errorf("%s: it is said twice: %s", name, Amend(once, since))
		}
	}
}

func TestAdviceOnceUpdated(t *testing.T) {
	advice := NewKeyLost.Advice()
	byHand := func(a Advice) bool { return strings.Contains(a.First.String(), "by hand") }
	if got := advice.Once(true); got.Do != Release || got.Updated != nil || !byHand(got) {
		t.Errorf("once it is known that a location has the key: %+v", got)
	}
	if got := advice.Once(false); got.Do != Start || got.Updated != nil || byHand(got) {
		t.Errorf("once it is known that none has: %+v", got)
	}
	both := advice.String()
	if !strings.Contains(both, "start the rotation again") || !strings.Contains(both, "'rotate release'") {
		t.Errorf("before it is known: %s", both)
	}
}
