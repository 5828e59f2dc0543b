package cli

import (
	"io"
	"regexp"
	"strings"

	"qovery-key-rotation/internal/words"
)

// render writes Markdown. A terminal shows it without its marks, as wide as it is: headings
// and commands stand out instead, and links are their texts. Other readers get it as it is.
func render(out io.Writer, text string) {
	if terminalOf(out) != nil {
		width, _ := sizeOf(out)
		text = rendered(text, width, func(s string) string { return colour(out, green, s) })
	}
	_, _ = io.WriteString(out, text)
}

var (
	link   = regexp.MustCompile(`\[([^\]\n]+)\]\([^)\n]*\)`)
	rule   = regexp.MustCompile(`^\|( --- \|)+$`)
	bullet = regexp.MustCompile(`^ *([-*]|\d+\.) `)
	bold   = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
)

// page is the text of a terminal, as far as it is written.
type page struct {
	width      int
	lines      []string
	head, text string   // the paragraph, or item of a list, that is being read
	columns    []string // of the table that is
}

// rendered is the text of a terminal.
func rendered(text string, width int, stress func(string) string) string {
	p := &page{width: width}
	isCode := false
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			isCode = !isCode
		case isCode:
			p.write("    " + stress(line))
		case rule.MatchString(line), strings.HasPrefix(line, "<!--"):
		case strings.HasPrefix(line, "| "):
			p.row(strings.Split(strings.Trim(plainText(line), "| "), " | "))
		case strings.HasPrefix(line, "#"):
			p.write(stress(strings.TrimLeft(plainText(line), "# ")))
		case line == "":
			p.write("")
		default:
			p.read(line)
		}
	}
	p.end()
	return strings.Join(p.lines, "\n")
}

// read reads a line of a paragraph or an item.
func (p *page) read(line string) {
	if head := bullet.FindString(line); head != "" {
		p.end()
		p.head, line = head, line[len(head):]
	}
	p.text += " " + line
}

// end writes the paragraph that was read.
func (p *page) end() {
	if p.text != "" {
		p.lines = append(p.lines, words.Wrap(p.head, plainText(p.text), p.width)...)
	}
	p.head, p.text = "", ""
}

// write writes a line as it is.
func (p *page) write(line string) {
	p.end()
	p.columns = nil
	p.lines = append(p.lines, line)
}

// row writes a table's row, with the names of its columns.
func (p *page) row(cells []string) {
	p.end()
	if p.columns == nil {
		p.columns = cells
		return
	}
	var parts []string
	for i, cell := range cells {
		if i < len(p.columns) && p.columns[i] != "" {
			cell = p.columns[i] + ": " + cell
		}
		parts = append(parts, cell)
	}
	p.lines = append(p.lines, words.Wrap("- ", strings.Join(parts, "; "), p.width)...)
}

func plainText(line string) string {
	return strings.ReplaceAll(bold.ReplaceAllString(link.ReplaceAllString(line, "$1"), "$1"), "`", "")
}
