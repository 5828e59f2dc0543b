package cli

import (
	"io"
	"regexp"
	"strings"
)

// render writes Markdown. A terminal shows it without its marks: headings and commands
// stand out instead, and links are their texts. Other readers get it as it is.
func render(out io.Writer, text string) error {
	if terminalOf(out) != nil {
		text = rendered(text, func(s string) string { return colour(out, green, s) })
	}
	_, err := io.WriteString(out, text)
	return err
}

var (
	link = regexp.MustCompile(`\[([^\]\n]+)\]\([^)\n]*\)`)
	rule = regexp.MustCompile(`^\|( --- \|)+$`)
	bold = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
)

// rendered is the text of a terminal.
func rendered(text string, stress func(string) string) string {
	var lines []string
	isCode, columns := false, []string(nil)
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			isCode = !isCode
			continue
		case isCode:
			line = "    " + stress(line)
		case rule.MatchString(line), strings.HasPrefix(line, "<!--"):
			continue
		case strings.HasPrefix(line, "| "):
			cells := strings.Split(strings.Trim(plainText(line), "| "), " | ")
			if columns == nil {
				columns = cells
				continue
			}
			line = tableRow(columns, cells)
		case strings.HasPrefix(line, "#"):
			line = stress(strings.TrimLeft(plainText(line), "# "))
		default:
			columns, line = nil, plainText(line)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func plainText(line string) string {
	return strings.ReplaceAll(bold.ReplaceAllString(link.ReplaceAllString(line, "$1"), "$1"), "`", "")
}

// tableRow is a row of a table with the names of its columns.
func tableRow(columns, cells []string) string {
	var parts []string
	for i, cell := range cells {
		if i < len(columns) && columns[i] != "" {
			cell = columns[i] + ": " + cell
		}
		parts = append(parts, cell)
	}
	return "- " + strings.Join(parts, "; ")
}
