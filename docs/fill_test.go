package docs

import (
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

// Nothing that is typed has a name of the examples left.
func TestFill(t *testing.T) {
	names := Names{"staging", "someone", "/a/token", "the-table", "arn:aws:states:x", "AKIAOLDOLDOLDOLDOLD1"}
	for _, info := range fault.Codes {
		text := Fill(ofCode(info.Code), names)
		for _, typed := range code.FindAllString(text, -1) {
			for _, example := range []string{target, "--user-name " + user, "--execution-arn ARN", " ID", " KEY", "TABLE"} {
				if strings.Contains(typed, example) {
					t.Errorf("%s: %q is left in %s", info.Code, example, typed)
				}
			}
		}
	}
	names.Key = ""
	const two = "`rotate retire production KEY` deletes one, and production goes on."
	if got := Fill(two, names); got != "`rotate retire staging KEY` deletes one, and production goes on." {
		t.Error(got)
	}
}

// Of a state there is one row, of another all.
func TestOfCodeIn(t *testing.T) {
	rows := func(state string) int { return strings.Count(OfCodeIn(fault.TokenRefused, state), "\n| `") }
	if all := rows(""); rows("DeployClusters") != 1 || all < 2 || rows("RotationPaused") != all {
		t.Errorf("%d, %d, %d rows", rows("DeployClusters"), all, rows("RotationPaused"))
	}
}
