package notice

import (
	"slices"
	"strings"
	"unicode"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

const (
	longestSubject = 99
	longestQuote   = 2000 // of anything that this program did not write itself
)

// subject makes a text fit to be the subject of an e-mail.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func subject(text string) string {
	ascii := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, strings.Join(strings.Fields(text), " "))
	if len(ascii) > longestSubject {
		ascii = ascii[:longestSubject-3] + "..."
	}
	return ascii
}

// quotable makes a text of others fit to be quoted: on one line, not too long, and
// without anything that may be a key. Steps put no secret anywhere; this is for
// what Lambda, or a person who stops an execution, may have quoted.
func quotable(text string) string { return KeyIDs{}.quotable(text) }

// quotable leaves the ids that are known.
func (k KeyIDs) quotable(text string) string {
	return words.Short(k.hidden(words.Line(text)), longestQuote)
}

// hidden is a text without anything that may be a key, but the ids that are known.
func (k KeyIDs) hidden(text string) string {
	text = words.MaskKeysBut(text, func(id string) bool { return slices.Contains(k, rotation.KeyID(id)) })
	return aWord().ReplaceAllStringFunc(text, func(word string) string {
		if looksSecret(word) {
			return "(hidden)"
		}
		return word
	})
}

var aWord = onFirstUse(`[A-Za-z0-9/+]+`)

// looksSecret tells whether a word looks like a secret access key: forty
// characters, capitals, small letters and digits among them.
func looksSecret(word string) bool {
	return len(word) == 40 && strings.ContainsFunc(word, unicode.IsUpper) &&
		strings.ContainsFunc(word, unicode.IsLower) && strings.ContainsFunc(word, unicode.IsDigit)
}
