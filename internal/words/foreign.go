package words

import (
	"strconv"
	"strings"
	"unicode"
)

// What others write, and people get to read.

// Line puts a text on one line and leaves out what can't be printed: a terminal would
// obey it.
func Line(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(c rune) bool {
		return c == ' ' || !unicode.IsPrint(c)
	}), " ")
}

// Short cuts a text to so many characters.
func Short(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// Quote quotes as much of a name or value as tells which one it is.
func Quote(text string) string {
	const most = 100
	quoted := []rune(strconv.Quote(text))
	if len(quoted) <= most+len(`""`) {
		return string(quoted)
	}
	return string(quoted[:most]) + `…"`
}
