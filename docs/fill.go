package docs

import (
	"regexp"
	"strings"
)

// Names are what stands in place of the examples' names.
type Names struct {
	Target, User, Token, Table, Execution string
	Key                                   string // empty: there are several, and a person chooses
}

var (
	code     = regexp.MustCompile("(?m)`[^`\n]+`|^\\$ .*$")
	executed = regexp.MustCompile(`(--execution-arn) ARN\b`)
	aKey     = regexp.MustCompile(`\b(ID|KEY)\b`)
	aTarget  = regexp.MustCompile(`\b` + target + `\b`)
)

// Fill puts the names into what is to be typed. The sentences stay as they are.
func Fill(text string, n Names) string {
	return code.ReplaceAllStringFunc(text, func(typed string) string {
		typed = aTarget.ReplaceAllLiteralString(typed, n.Target)
		typed = executed.ReplaceAllString(typed, "${1} "+n.Execution)
		typed = strings.NewReplacer("--user-name "+user, "--user-name "+n.User, "/qovery-key-rotation/qovery-token", n.Token,
			"--table-name TABLE", "--table-name "+n.Table).Replace(typed)
		if n.Key != "" {
			typed = aKey.ReplaceAllLiteralString(typed, n.Key)
		}
		return typed
	})
}
