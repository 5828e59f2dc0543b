// Package words writes what all messages, pages and commands write alike. It is
// the standard library alone, so that functions link it for nothing.
package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Count writes a number of things.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Dot ends a sentence with one full stop, unless it ends with another mark.
func Dot[T ~string](text T) T {
	ended := strings.TrimRight(string(text), " ")
	for _, end := range []string{"?", "!", "…", "..."} {
		if strings.HasSuffix(ended, end) {
			return T(ended)
		}
	}
	return T(strings.TrimRight(ended, ". ") + ".")
}

// Capital begins a text with a capital letter.
func Capital[T ~string](text T) T {
	first, size := utf8.DecodeRuneInString(string(text))
	if size == 0 {
		return text
	}
	return T(unicode.ToUpper(first)) + text[size:]
}

// Sentences puts sentences one after the other, and leaves out those that are empty.
func Sentences[T ~string](texts ...T) T {
	var sentences []string
	for _, text := range texts {
		if text := strings.TrimSpace(string(text)); text != "" {
			sentences = append(sentences, Dot(text))
		}
	}
	return T(strings.Join(sentences, " "))
}

// MostListed is what a reader can take in of a list.
const MostListed = 10

// List lists so many things at most, and counts the others.
func List[T ~string](list []T, most int) T {
	if len(list) > most {
		return Join(list[:most], ", ") + T(fmt.Sprintf(" and %d more", len(list)-most))
	}
	return Join(list, ", ")
}

// Strings are what they call themselves.
func Strings[T fmt.Stringer](list []T) (names []string) {
	for _, one := range list {
		names = append(names, one.String())
	}
	return names
}

// Join is strings.Join, for texts as well.
func Join[T ~string](list []T, between T) T {
	parts := make([]string, len(list))
	for i, part := range list {
		parts[i] = string(part)
	}
	return T(strings.Join(parts, string(between)))
}

// Last is the name at the end of an ARN.
func Last(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

// Wrap writes a text behind a head, on lines of so many characters at most that break
// between words and begin where the first did.
func Wrap(head, text string, width int) []string {
	indent := Width(head)
	var lines []string
	line, column := head, indent
	for word := range strings.FieldsSeq(text) {
		length := Width(word)
		if column > indent && column+1+length > width {
			lines = append(lines, line)
			line, column = strings.Repeat(" ", indent), indent
		}
		if column > indent {
			line, column = line+" ", column+1
		}
		line, column = line+word, column+length
	}
	return append(lines, strings.TrimRight(line, " "))
}

// Width is how many characters of a text are shown: a terminal's colours take no room.
func Width(text string) (n int) {
	isColour := false
	for _, c := range text {
		switch {
		case c == '\x1b':
			isColour = true
		case !isColour:
			n++
		case unicode.IsLetter(c):
			isColour = false
		}
	}
	return n
}
