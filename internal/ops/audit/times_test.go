package audit

import (
	"testing"

	"qovery-key-rotation/internal/test/rotationtest"
)

// Whichever time is missing, no finding shows the year 1.
func TestFindingsShowNoZeroTime(t *testing.T) {
	for name, test := range cases {
		facts := test.facts
		rotationtest.EachTime(&facts, func(path string) {
			j := Judge("production", facts, limit)
			for _, f := range j.Findings {
				m := f.message(j, Told{})
				if shown := rotationtest.ZeroTime.FindString(m.Subject + m.Body); shown != "" {
					t.Errorf("%s without %s shows %s:\n%s", name, path, shown, m.Body)
				}
			}
		})
	}
	// Of what people were told, too: another version may not have kept since when.
	j := Judge("production", world(), limit)
	if m := (Told{Title: "a leftover key"}).over(j); rotationtest.ZeroTime.MatchString(m.Body) {
		t.Error(m.Body)
	}
}
