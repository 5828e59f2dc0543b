package notice

import (
	"fmt"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

// No decision is made by a sentence: with every advice of the table of codes in other
// words, the endings, verdicts and commands stay as they are.
func TestNoDecisionDependsOnASentence(t *testing.T) {
	before := decisions(t)
	codes := fault.Codes
	t.Cleanup(func() { fault.Codes = codes })
	fault.Codes = nil
	for _, info := range codes {
		info.Advice = reworded(info.Advice)
		fault.Codes = append(fault.Codes, info)
	}
	for about, now := range decisions(t) {
		if now != before[about] {
			t.Errorf("%s: decided\n%s\nin other words\n%s", about, before[about], now)
		}
	}
}

func reworded(a fault.Advice) fault.Advice {
	if a.First != "" {
		a.First = "Lorem ipsum 'rotate release' again"
	}
	if a.Updated != nil {
		updated := reworded(*a.Updated)
		a.Updated = &updated
	}
	return a
}

// decisions are what is decided about each code, in each place of a rotation.
func decisions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, info := range fault.Codes {
		for name, facts := range map[string]Facts{"nothing open": world(oneKey), "begun": world(bothKeys, open()),
			"deployed": world(bothKeys, open(deployed)), "nothing known": world(noKeys, noJournal)} {
			for _, input := range []string{`{"target":"production"}`, dryRun, abort} {
				failed := execution("FAILED", with("input", input), failedWith(said(info.Code, "Something is so", holdsNew)))
				m := Compose(parse(t, failed), facts)
				decided := fmt.Sprintln(m.Ending, m.Urgency, m.Subject)
				for line := range strings.Lines(m.Whole) {
					if strings.HasPrefix(line, "    ") {
						decided += line
					}
				}
				all[fmt.Sprintf("%s, %s, %s", info.Code, name, input)] = decided
			}
		}
	}
	return all
}

// An older function's error, which is a sentence alone, is quoted as it is.
func TestOlderErrorsAreReadable(t *testing.T) {
	const cause = `{"errorType":"DeploymentFailed","errorMessage":"The cluster broke. Mend it."}`
	m := Compose(parse(t, execution("FAILED", with("error", "DeploymentFailed"), with("cause", cause))),
		world(bothKeys, open(deployed)))
	for _, want := range []string{"at that time: The cluster broke. Mend it.\n",
		fault.DeploymentFailed.Advice().String()} {
		if !strings.Contains(m.Whole, want) {
			t.Errorf("%q is missing in\n%s", want, m.Body)
		}
	}
}
