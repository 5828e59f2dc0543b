package stack

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// cfn-lint knows CloudFormation's schemas. Continuous integration has it.
func TestLint(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cfn-lint is missing: pip install cfn-lint")
		}
		t.Skip("NOT CHECKED: cfn-lint is missing (pip install cfn-lint)")
	}
	_, one := shipped(t)
	files := slices.Concat(slices.Collect(maps.Values(one.files)), slices.Collect(maps.Values(several(t).files)),
		slices.Collect(maps.Values(largest(t).files)), []string{released()})
	// W3005: schedules wait for everything, also for what they refer to.
	if out, err := exec.Command(lint,
		append([]string{"--ignore-checks", "W3005", "--"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
