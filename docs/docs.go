// Package docs has the pages that programs show.
package docs

import (
	_ "embed"
	"strings"
)

// Runbook is runbook.md: what every error means, what is in place when it
// appears, and what to type.
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

// Sections are the sections of the runbook, in their order: the chapters, without
// the codes, and each code.
func Sections() []Section {
	var sections []Section
	_, body, _ := strings.Cut(Runbook, "\n## ")
	for _, chapter := range strings.Split(body, "\n## ") {
		parts := strings.Split(chapter, "\n### ")
		sections = append(sections, newSection("## ", parts[0]))
		for _, code := range parts[1:] {
			sections = append(sections, newSection("### ", code))
		}
	}
	return sections
}

func newSection(level, text string) Section {
	title, _, _ := strings.Cut(text, "\n")
	name := title
	if strings.Contains(title, " ") {
		name = strings.NewReplacer(" ", "-", "'", "", ",", "").Replace(strings.ToLower(title))
	}
	return Section{Name: name, Title: title, Text: level + strings.TrimSpace(text) + "\n"}
}
