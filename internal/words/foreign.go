package words

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// MaskKeys shows what may be the id of an access key, of IAM or STS, by its last four
// characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func MaskKeys(text string) string {
	return MaskKeysBut(text, func(string) bool { return false })
}

// MaskKeysBut leaves the ids whole that may be shown.
func MaskKeysBut(text string, shown func(id string) bool) string {
	return keyIDs().ReplaceAllStringFunc(text, func(id string) string {
		if shown(id) {
			return id
		}
		return "****" + id[len(id)-4:]
	})
}

var keyIDs = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bA[KS]IA[A-Z0-9]{8,}\b`)
})

// Quote quotes as much of a name or value as tells which one it is.
func Quote(text string) string {
	const most = 100
	quoted := []rune(strconv.Quote(text))
	if len(quoted) <= most+len(`""`) {
		return string(quoted)
	}
	return string(quoted[:most]) + `…"`
}
