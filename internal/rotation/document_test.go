package rotation

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// unchanged is a step that does nothing.
type unchanged struct{}

// Run hands the document on.
func (unchanged) Run(_ context.Context, call Call) (Document, error) { return call.Document, nil }

// What a step is sent is a document, which goes through any number of steps
// without a change, or an error that the definition knows.
func FuzzDocument(f *testing.F) {
	const execution = `"execution":{"Id":"` + thisExecution +
		`","Name":"this","Input":{"target":"production"},"StartTime":"2026-08-03T12:00:00Z"}`
	for _, document := range []string{
		`{}`, `null`, `[]`, `{"target":"production","graceEndsAt":"2026-08-03T12:00:00.5+02:00",` +
			`"deployment":{"next":"POLL","nextPollAt":"2026-08-03T12:00:00Z"}}`,
		`{"settings":{"name":"production"},"usage":{"extended":"1h30m","takenOver":{"At":"2026-08-03T12:00:00Z"}},` +
			`"summaries":[{}],"error":{"Error":"E","Cause":"{}"}}`,
		`{"deployment":{"clusters":[{"id":"c-1"},null],"regions":[""]},"verification":{"canary":{}},` +
			`"takenAt":"9999-12-31T23:59:59.9Z"}`,
		`{"graceEndsAt":"soon"}`, `{"fence":1e99}`, `{"settings":{"gracePeriod":2}}`,
	} {
		f.Add([]byte(`{"document":` + document + `,` + execution + `}`))
	}
	f.Add([]byte(`{"document":{}}`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, event []byte) {
		once, err := Handle(t.Context(), unchanged{}, event, "invocation", noon.Add(time.Minute))
		if err != nil {
			wantCode(t, err, fault.InvalidInput)
			return
		}
		next := append(append([]byte(`{"document":`), once...), `,"execution":{"Id":"`+thisExecution+`"}}`...)
		twice, err := Handle(t.Context(), unchanged{}, next, "invocation", noon.Add(time.Minute))
		if err != nil {
			t.Fatalf("handed on, and not accepted: %v\n%s", err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("handed on it changes:\n%s\n%s", once, twice)
		}
	})
}

// What the way back did comes after the words of the step that failed, inside of
// Lambda's JSON if they arrived in it. A function that is invoked again says it once.
func TestCaughtErrorIsAmended(t *testing.T) {
	const since = "the old key is Active again"
	for _, test := range []struct{ name, cause, want string }{
		{"Lambda's JSON", `{"errorMessage":"A cluster failed. Fix it.","errorType":"DeploymentFailed"}`,
			"A cluster failed. Fix it. Since then: the old key is Active again."},
		{"a sentence", "The rotation was aborted on request.",
			"The rotation was aborted on request. Since then: the old key is Active again."},
		{"JSON of another kind", `{"Error":"x"}`, `{"Error":"x"}. Since then: the old key is Active again.`},
		{"nothing", "", "Since then: the old key is Active again."},
	} {
		caught := &CaughtError{Error: "DeploymentFailed", Cause: test.cause}
		caught.amend(since)
		caught.amend(since)
		if said := fault.Read(caught.Cause).String(); said != test.want || caught.Error != "DeploymentFailed" {
			t.Errorf("%s: %s, want %s", test.name, said, test.want)
		}
		if strings.Contains(test.cause, "errorType") && !strings.HasSuffix(caught.Cause, `,"errorType":"DeploymentFailed"}`) {
			t.Errorf("%s is not Lambda's any more: %s", test.name, caught.Cause)
		}
	}
	var none *CaughtError
	none.amend("nothing was caught, and nothing is amended")
	if none != nil {
		t.Error("an error came out of nothing")
	}
}
