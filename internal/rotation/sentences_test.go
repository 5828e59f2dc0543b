package rotation_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"qovery-key-rotation/internal/lab"
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

// No decision is made by a sentence: with other words in every row of the table of codes,
// each scenario goes as it does, audits included. Those that say what an error says are
// left out.
func TestNoScenarioDependsOnASentence(t *testing.T) {
	codes := fault.Codes
	t.Cleanup(func() { fault.Codes = codes })
	fault.Codes = slices.Clone(codes)
	for i := range fault.Codes {
		fault.Codes[i].Advice = reworded(fault.Codes[i].Advice)
	}
	played := 0
	for _, scenario := range lab.Scenarios {
		if says.MatchString(scenario.Text("")) {
			continue
		}
		played++
		if told := play(t, scenario, scenario.Setup).Told; told != scenario.Want {
			t.Errorf("in other words %s goes\n%s\nwant\n%s", scenario.Name, told, scenario.Want)
		}
	}
	if played < len(lab.Scenarios)/2 {
		t.Errorf("only %d of %d scenarios were played", played, len(lab.Scenarios))
	}
}

var says = regexp.MustCompile(`(?m)^(says|release .*refused) `)

func reworded(a fault.Advice) fault.Advice {
	a.First = "Lorem ipsum 'rotate release' again"
	if a.Updated != nil {
		updated := reworded(*a.Updated)
		a.Updated = &updated
	}
	return a
}

func lambdaCause(t *testing.T, message string) string {
	t.Helper()
	cause, err := json.Marshal(map[string]string{"errorMessage": message, "errorType": "Other"})
	if err != nil {
		t.Fatal(err)
	}
	return string(cause)
}
