package notice

import (
	"strings"
	"testing"
)

// TestClustersThatStillUseALeakedKey: a rotation that passed clusters over has succeeded,
// and what they do with the key fails.
func TestClustersThatStillUseALeakedKey(t *testing.T) {
	row := table["leaked-broken"]
	m := Compose(parse(t, row.event), row.facts)
	if m.Urgency != Urgent || !strings.Contains(m.Verdict, "prod-eu") || len(m.Steps) == 0 ||
		!strings.Contains(m.Steps[0].Text, "Deploy these clusters") {
		t.Errorf("%s: %s %v", m.Urgency, m.Verdict, m.Steps)
	}
}
