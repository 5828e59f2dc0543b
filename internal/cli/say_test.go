package cli

import "testing"

// Commands stay whole, whatever is said around them.
func TestCommandsAreNotBroken(t *testing.T) {
	for text, want := range map[string]string{
		"To resume it: rotate start production --watch; to close it as it is: rotate release production.": "To resume it:\n" +
			"rotate start production --watch; to\nclose it as it is:\nrotate release production.",
		"Detach both: aws iam detach --policy-arn a; aws iam detach --policy-arn b. Then start again.": "Detach both:\n" +
			"aws iam detach --policy-arn a;\naws iam detach --policy-arn b. Then\nstart again.",
		"To put it there: read -rs TOKEN; aws ssm put-parameter --name x; unset TOKEN": "To put it there:\n" +
			"read -rs TOKEN; aws ssm put-parameter --name x; unset TOKEN",
		"  now        It is so. See what: rotate status (for example: aws sso login), or not": "  now        " +
			"It is so. See what:\n             rotate status (for example:\n             aws sso login), or not",
	} {
		if got := wrapped(text, 40); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}
