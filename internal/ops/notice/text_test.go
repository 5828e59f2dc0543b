package notice

import (
	"strings"
	"testing"
)

func TestSubject(t *testing.T) {
	for text, want := range map[string]string{
		"a  b\nc\td":             "a b c d",
		"Größe":                  "Gr??e",
		"a\x00b\x7f":             "a?b?",
		strings.Repeat("a", 99):  strings.Repeat("a", 99),
		strings.Repeat("a", 100): strings.Repeat("a", 96) + "...",
	} {
		if got := subject(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestQuotable(t *testing.T) {
	for text, want := range map[string]string{
		"one\ntwo\r\n three\x00":                                  "one two three",
		"bad \xff":                                                "bad ?",
		"key AKIAOLDOLDOLDOLDOLD1 is Inactive":                    "key ****OLD1 is Inactive",
		"ASIAOLDOLDOLDOLDOLD1,":                                   "****OLD1,",
		"secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY!":        "secret (hidden)!",
		"commit 2ebb9502ebb9502ebb9502ebb9502ebb9502ebb9":         "commit 2ebb9502ebb9502ebb9502ebb9502ebb9502ebb9",
		strings.Repeat("é", longestQuote+1):                       strings.Repeat("é", longestQuote-1) + "…",
		"cluster 1c8e3d5f-9a72-4a1d-82ef-a4d1b8065f23 is STOPPED": "cluster 1c8e3d5f-9a72-4a1d-82ef-a4d1b8065f23 is STOPPED",
	} {
		if got := quotable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
