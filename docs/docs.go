// Package docs has the pages that 'rotate explain' prints: the runbook, and the page of the
// codes, which it also writes (codes.go).
package docs

import (
	_ "embed"
	"strings"
)

// Runbook is runbook.md: what to do when a rotation needs a person.
//
//go:embed runbook.md
var Runbook string

// Section is a heading of a page and what stands under it, up to the next
// heading of its level.
type Section struct {
	Name  string `json:"name"`  // of one word the heading itself, else its anchor
	Title string `json:"title"` // the heading
	Text  string `json:"text"`  // in Markdown, with the heading
}

// Chapters are the sections of the runbook, in their order.
func Chapters() []Section {
	var sections []Section
	_, body, _ := strings.Cut(Runbook, "\n## ")
	for _, chapter := range strings.Split(body, "\n## ") {
		sections = append(sections, newSection("## "+strings.TrimSpace(chapter)+"\n"))
	}
	return sections
}

// newSection is the section that a text is, heading and all.
func newSection(text string) Section {
	heading, _, _ := strings.Cut(text, "\n")
	title := strings.TrimLeft(heading, "# ")
	name := title
	if strings.Contains(title, " ") {
		name = strings.NewReplacer(" ", "-", "'", "", ",", "", "`", "").Replace(strings.ToLower(title))
	}
	return Section{Name: name, Title: title, Text: text}
}
