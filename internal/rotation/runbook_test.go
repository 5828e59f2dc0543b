package rotation

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

// runbook is docs/runbook.md: what comes before the codes, and each code's section.
func runbook(t *testing.T) (text string, headings []string, sections map[string]string) {
	t.Helper()
	data, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	text = string(data)
	sections = map[string]string{}
	_, codes, _ := strings.Cut(text, "\n## The codes\n")
	codes, _, _ = strings.Cut(codes, "\n## ")
	for _, section := range strings.Split(codes, "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		headings = append(headings, heading)
		sections[heading] = body
	}
	return text, headings, sections
}

// The runbook has a heading for every code, in the order of the table, and none
// for anything else.
func TestRunbookHasEveryCode(t *testing.T) {
	_, headings, _ := runbook(t)
	var codes []string
	for _, info := range fault.Codes {
		codes = append(codes, string(info.Code))
	}
	if !slices.Equal(headings, codes) {
		t.Errorf("docs/runbook.md has\n%v\nthe table of codes\n%v", headings, codes)
	}
}

// Each section says what it means, what is in place, what to do, and what to type.
func TestRunbookSections(t *testing.T) {
	_, _, sections := runbook(t)
	for code, section := range sections {
		rest := section
		for _, part := range []string{"\n\n**In place:** ", "\n\n**Do:** ", "\n\n```console\n$ "} {
			before, after, found := strings.Cut(rest, part)
			if !found || strings.TrimSpace(before) == "" {
				t.Errorf("%s: no %q where it belongs", code, part)
			}
			rest = after
		}
	}
}

var (
	typed    = regexp.MustCompile(`(?m)(?:^\$ |` + "`" + `)rotate ([a-z][^` + "`" + `\n]*)`)
	commands = regexp.MustCompile(`^(start production( --watch| --dry-run)?|watch production|status|report ` +
		`EXECUTION|runbook CODE|(history|abort|release) production|start|abort|release)$`)
	links   = regexp.MustCompile(`\]\(#([a-z-]+)\)`)
	heading = regexp.MustCompile(`(?m)^##+ (.*)$`)
)

// What the runbook says to type is a command, and its links lead to headings.
func TestRunbookCommandsAndLinks(t *testing.T) {
	text, _, _ := runbook(t)
	for _, match := range typed.FindAllStringSubmatch(text, -1) {
		if !commands.MatchString(match[1]) {
			t.Errorf("there is no command 'rotate %s'", match[1])
		}
	}
	var anchors []string
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		anchors = append(anchors, strings.ReplaceAll(strings.ToLower(match[1]), " ", "-"))
	}
	for _, match := range links.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(anchors, match[1]) {
			t.Errorf("a link leads to #%s, and there is no such heading", match[1])
		}
	}
}

// A code of which no execution ends without a person says so in its class alone;
// the runbook says of the others how to go on.
func TestRunbookGoesOn(t *testing.T) {
	_, _, sections := runbook(t)
	for _, info := range fault.Codes {
		if info.Class == fault.Again {
			continue
		}
		if !strings.Contains(sections[string(info.Code)], "$ rotate ") &&
			!strings.Contains(sections[string(info.Code)], "$ aws stepfunctions redrive-execution") {
			t.Errorf("%s: the section does not say how to go on", info.Code)
		}
	}
}
