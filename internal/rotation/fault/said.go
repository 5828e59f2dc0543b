package fault

import (
	"encoding/json"
	"strings"

	"qovery-key-rotation/internal/words"
)

// Said is an error as it travels: in the message of a function's error, the sentence on
// the first line, and what it is made of, for programs, on the second.
type Said struct {
	What    words.Text `json:"what"`
	InPlace words.Text `json:"inPlace,omitempty"`
	Advice  *Advice    `json:"advice,omitempty"` // nil: an older function's, or none of this system's
	Key     string     `json:"key,omitempty"`    // a key that Qovery uses, and that the journal doesn't know
	Since   words.Text `json:"since,omitempty"`  // what has become of it since
}

// Said is what the error says.
func (e *Error) Said() Said {
	advice := e.advice()
	return Said{What: e.What, InPlace: e.InPlace, Advice: &advice, Key: e.Key}
}

// String is all of it in sentences.
func (s Said) String() string { return s.Text().String() }

// Text is all of it in sentences.
func (s Said) Text() words.Text {
	var since, advice words.Text
	if s.Since != "" {
		since = "Since then: " + s.Since
	}
	if s.Advice != nil {
		advice = s.Advice.Text()
	}
	return words.Sentences(s.What, s.InPlace, advice, since)
}

// Message is the text that travels.
func (s Said) Message() string {
	data, err := json.Marshal(s)
	if err != nil {
		return s.String()
	}
	return s.String() + "\n" + string(data)
}

// lambdaFailure is how Step Functions has a function's error.
type lambdaFailure struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

// Read reads the cause that Step Functions has of a failure. Of an older function, of
// Lambda or of Step Functions itself it is a text, and What is all of it.
func Read(cause string) Said {
	var failure lambdaFailure
	if json.Unmarshal([]byte(cause), &failure) == nil && failure.Message != "" {
		cause = failure.Message
	}
	sentence, data, both := strings.Cut(cause, "\n{")
	var said Said
	if both && json.Unmarshal([]byte("{"+data), &said) == nil && said.What+said.Since != "" {
		return said
	}
	return Said{What: words.Text(sentence)}
}

// Amend adds to a cause what has become of it since.
func Amend(cause string, since words.Text) string {
	said := Read(cause)
	said.Since = since
	var failure lambdaFailure
	if json.Unmarshal([]byte(cause), &failure) != nil || failure.Message == "" {
		return said.Message()
	}
	failure.Message = said.Message()
	text, err := json.Marshal(failure)
	if err != nil {
		return cause
	}
	return string(text)
}
