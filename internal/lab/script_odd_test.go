package lab

import (
	"errors"
	"strings"
	"testing"
)

// odd are words of lines, in all orders of up to four: right, wrong and out of range.
var odd = strings.Fields(`key 1 9 0 -1 1h -1h 0s 9e9h old new own foreign role into as in credentials other-credentials
	registry registry-1 helm dns secret-manager variable project-variable secret terraform chart everything masked right
	cluster last all deploy maintain stop lock unlock becomes ends DEPLOYED NONSENSE succeeds fails takes is-ignored
	add uses ends answers drops 500 9999 GET get /x Nowhere CreateKey iam.* staging.Put#1 nowhere throttle land-late:-1h
	iam-lists AWS ECR NOPE {} [] at-once rotation`)

// TestNoScriptPanics: whatever a script asks for, before an execution, in one and twice,
// it is played or is an error of the line.
func TestNoScriptPanics(t *testing.T) {
	for _, action := range Actions {
		name, _, _ := strings.Cut(action.Usage, " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, line := range oddLines(name) {
				playOdd(t, "world prompt clusters=1\n"+line+"\n"+line+"\nstart rotation\n")
				playOdd(t, "world prompt clusters=1\nstart rotation\nuntil VerifyKey\n"+line+"\n"+line)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// oddLines are the lines with an action that can be read.
func oddLines(name string) (lines []string) {
	begun := []string{name}
	for range 4 {
		var longer []string
		for _, line := range begun {
			switch _, err := parseAction(line); {
			case len(lines) == 100: // what takes any text takes any more
				return lines
			case err == nil:
				lines = append(lines, line)
			case !strings.Contains(err.Error(), "missing"):
				continue // no word after it makes it right
			}
			for _, word := range odd {
				longer = append(longer, line+" "+word)
			}
		}
		begun = longer
	}
	return lines
}

func playOdd(t *testing.T, script string) {
	defer func() {
		if failure := recover(); failure != nil {
			t.Errorf("%s\npanics: %.300v", script, failure)
		}
	}()
	s, err := ParseScript("odd", script)
	if err == nil {
		_, err = s.Play(s.Setup, nil)
	}
	if err != nil && !strings.Contains(err.Error(), "line ") && !errors.Is(err, errNoExecution) {
		t.Errorf("%s\n%v", script, err)
	}
}
