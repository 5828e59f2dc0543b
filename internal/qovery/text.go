package qovery

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"qovery-key-rotation/internal/words"
)

const (
	maxDetail  = 200 // characters of an error's detail that are told
	maxProblem = 300 // characters of a log line and its hint
)

// secretPattern: a secret access key is 40 of these. Little else is as long, and of that
// nothing is worth telling.
var secretPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9/+]{40,}`) })

// foreign makes text from Qovery fit to be told: on one line, without control
// characters, at most limit characters long, key ids by their last four
// characters, and without anything that looks like a secret or is the token.
func (o *organization) foreign(text string, limit int) string {
	token := o.token.Reveal()
	for _, known := range []string{token, url.QueryEscape(token), url.PathEscape(token)} {
		text = strings.ReplaceAll(text, known, "[redacted]")
	}
	return words.Short(mask(words.Line(text)), limit)
}

func mask(text string) string {
	return secretPattern().ReplaceAllString(words.MaskKeys(text), "[redacted]")
}

// detail is what an error's body says. Qovery's bodies have no fixed schema:
// {"status","detail"} and {"status","error","message"} are seen. Anything else,
// such as a proxy's HTML, tells nobody anything.
func (o *organization) detail(a answer) string {
	return o.foreign(errorText(a.body), maxDetail)
}

func errorText(body []byte) string {
	// Each field by itself, so that one of an unexpected type hides no other.
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return ""
	}
	for _, name := range []string{"detail", "message", "error"} {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && text != "" {
			return text
		}
	}
	return ""
}
