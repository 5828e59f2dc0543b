package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/cli"
)

// pages are *.md and docs/*.md, by their paths in the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	root, err := filepath.Glob("../../*.md")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, path := range append(root, docs...) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(data)
	}
	return texts
}

// anchors are the headings of a page as links name them.
func anchors(text string) []string {
	fenced := regexp.MustCompile("(?ms)^```.*?^```$")
	punctuation := regexp.MustCompile(`[^a-z0-9 _-]`)
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(fenced.ReplaceAllString(text, ""),
		-1) {
		plain := punctuation.ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(plain, " ", "-"))
	}
	return found
}

// Links between the pages lead to files and headings that are there.
func TestDocsLinks(t *testing.T) {
	texts := pages(t)
	link, checked := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`), 0
	for page, text := range texts {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			checked++
			to, anchor := page, match[2]
			if match[1] != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(page), match[1]))
			}
			if _, err := os.Stat("../../" + to); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, to)
			}
			if anchor != "" && !slices.Contains(anchors(texts[to]), anchor) {
				t.Errorf("%s leads to %s#%s, and there is no such heading", page, to, anchor)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d links were found", checked)
	}
}

// The page of rights says of every command on a stack which ones it needs.
func TestRightsOfEveryCommand(t *testing.T) {
	_, ofPeople, _ := strings.Cut(pages(t)["docs/rights.md"], "\n## What people need\n")
	for _, name := range cli.OnStacks() {
		if !regexp.MustCompile("`(rotate )?" + name + "`").MatchString(ofPeople) {
			t.Errorf("docs/rights.md doesn't say which rights 'rotate %s' needs", name)
		}
	}
}

// What the pages say to type is a target of the Makefile.
func TestDocsCommands(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	cdk := regexp.MustCompile(`aws-cdk@[0-9.]+[0-9]`)
	pinned := cdk.FindString(string(makefile))
	made := regexp.MustCompile("(?m)(?:^\\$ |`)make ([a-z]+)")
	targets := 0
	for page, text := range pages(t) {
		for _, version := range cdk.FindAllString(text, -1) {
			if version != pinned {
				t.Errorf("%s says %s, and the Makefile %s", page, version, pinned)
			}
		}
		for _, match := range made.FindAllStringSubmatch(text, -1) {
			targets++
			if !strings.Contains(string(makefile), "\n"+match[1]+":") {
				t.Errorf("%s: there is no 'make %s'", page, match[1])
			}
		}
	}
	if targets < 20 {
		t.Errorf("only %d targets were found", targets)
	}
}

// What the pages and the help say to type is understood: each command, flag and number
// of arguments. A command that prose only names has no arguments.
func TestDocsCommandLines(t *testing.T) {
	typed := regexp.MustCompile("(?m)^\\$ (?:go run ./cmd/)?rotate (.*)$|`rotate ([a-z]+ [^`]*|--[^`]*)`")
	found := 0
	for page, text := range pages(t) {
		for _, match := range typed.FindAllStringSubmatch(text, -1) {
			requireParsed(t, page, match[1]+match[2])
			found++
		}
	}
	for _, line := range cli.ShownInHelp() {
		if command, is := strings.CutPrefix(line, "rotate "); is {
			requireParsed(t, "the help", command)
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d commands were found", found)
	}
}

// requireParsed wants each reading of a line parsed: of a|b both, with what is in
// brackets and without it.
func requireParsed(t *testing.T, page, line string) {
	t.Helper()
	line = strings.ReplaceAll(line, `\|`, "|")
	line = regexp.MustCompile(` (&&|\|) .*`).ReplaceAllString(line, "") // the command alone
	whole := strings.NewReplacer("[", "", "]", "")
	for _, text := range []string{whole.Replace(line), regexp.MustCompile(` ?\[[^]]*\]`).ReplaceAllString(line, "")} {
		readings := [][]string{nil}
		for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(text, -1) {
			var longer [][]string
			for choice := range strings.SplitSeq(strings.Trim(word, "'"), "|") {
				for _, reading := range readings {
					longer = append(longer, append(slices.Clone(reading), choice))
				}
			}
			readings = longer
		}
		for _, args := range readings {
			if err := cli.Parse(args); err != nil {
				t.Errorf("%s: rotate %s: %v", page, line, err)
			}
		}
	}
}

// The fragments of rotation.json that the pages show are valid.
func TestDocsTargets(t *testing.T) {
	_, after, _ := strings.Cut(pages(t)["docs/install.md"], "```json\n")
	fragment, _, _ := strings.Cut(after, "```\n")
	parsed, err := config.Parse([]byte("{"+fragment+"}"), config.Environment{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if stacks := parsed.Stacks(); len(stacks) != 2 {
		t.Errorf("%d stacks, want one for each account", len(stacks))
	}
}
