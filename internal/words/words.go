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
func Dot(text string) string {
	text = strings.TrimRight(text, " ")
	for _, end := range []string{"?", "!", "…", "..."} {
		if strings.HasSuffix(text, end) {
			return text
		}
	}
	return strings.TrimRight(text, ". ") + "."
}

// Capital begins a text with a capital letter.
func Capital(text string) string {
	for i, first := range text {
		return text[:i] + string(unicode.ToUpper(first)) + text[i+utf8.RuneLen(first):]
	}
	return text
}

// Sentences puts sentences one after the other, and leaves out those that are empty.
func Sentences(texts ...string) string {
	var sentences []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			sentences = append(sentences, Dot(text))
		}
	}
	return strings.Join(sentences, " ")
}

// List lists so many things at most, and counts the others.
func List(list []string, most int) string {
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

// Last is the name at the end of an ARN.
func Last(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }
