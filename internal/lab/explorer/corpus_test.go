package explorer

import "testing"

// corpus are schedules that found something once, of the product or of its judge.
var corpus = map[string]string{
	"one: qovery.PUT /aws/credentials#1 land-late:9m0s, IsDeployed#3 put-old": "" +
		"the judge held a late request, upon a person's change, against what the grace period claims",
	"one: DeactivateKey#1 abandoned, DeactivateKey#2 clock-ahead:5m0s": "" +
		"the second invocation's machine moved the clock of the first one, which was still at work",
	"variables: CreateKey#1 leak-old": "" +
		"Preflight believed what the audits had found in a variable, which a person had changed since",
	"denied: Preflight#1 leak-old": "the judge asked a key that leaked for a check of its uses",
	"long: IsIdle#1 delete-old, journal.Save#62 land-late:1m0s": "" +
		"DeactivateKey, run again, marked a key that it found deleted as one that it may have made Inactive",
}

func TestWhatOnceFoundSomething(t *testing.T) {
	for text, what := range corpus {
		schedule, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		result, err := Play(schedule, nil)
		if err != nil || len(result.Wrong) > 0 {
			t.Errorf("%s (%s): %v %v", text, what, result.Wrong, err)
		}
	}
}
