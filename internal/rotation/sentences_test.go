package rotation_test

import (
	"encoding/json"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/rotationtest"
)

// However a part of it ends that others have written, an error is made of whole
// sentences, and so is what is added to it later.
func TestSentences(t *testing.T) {
	for _, info := range fault.Codes {
		for _, what := range []string{"It is so", "It is so.", "Is it so?", "AWS says: Slow down!", "It was cut …",
			"It was cut ..."} {
			err := fault.Errorf(info.Code, "%s", what)
			err.InPlace = "According to the journal, all is well"
			if wrong := rotationtest.Wrong(err.Error()); wrong != "" {
				t.Errorf("%s: %s in %s", info.Code, wrong, err)
			}
			for _, cause := range []string{what, lambdaCause(t, what)} {
				caught := &rotation.CaughtError{Error: string(info.Code), Cause: cause}
				rotation.Amend(caught, "the old key is Active again")
				if wrong := rotationtest.Wrong(fault.Read(caught.Cause).String()); wrong != "" {
					t.Errorf("%s: %s in %s", info.Code, wrong, caught.Cause)
				}
			}
		}
	}
}

func lambdaCause(t *testing.T, message string) string {
	t.Helper()
	cause, err := json.Marshal(map[string]string{"errorMessage": message, "errorType": "Other"})
	if err != nil {
		t.Fatal(err)
	}
	return string(cause)
}
