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

// What the pages say to type is a target of the Makefile, or a command of rotate.
func TestDocsCommands(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	cdk := regexp.MustCompile(`aws-cdk@[0-9.]+[0-9]`)
	pinned := cdk.FindString(string(makefile))
	help := run(t, "--help")
	made := regexp.MustCompile("(?m)(?:^\\$ |`)make ([a-z]+)")
	typed := regexp.MustCompile("(?m)(?:^\\$ (?:go run ./cmd/)?|`)rotate ([a-z]+)")
	targets, commands := 0, 0
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
		for _, match := range typed.FindAllStringSubmatch(text, -1) {
			commands++
			if !strings.Contains(help, "\n  "+match[1]+" ") {
				t.Errorf("%s: there is no 'rotate %s'", page, match[1])
			}
		}
	}
	if targets < 20 || commands < 50 {
		t.Errorf("only %d targets and %d commands were found", targets, commands)
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
