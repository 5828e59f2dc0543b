package fault

import (
	"strings"

	"qovery-key-rotation/internal/words"
)

// Advice is what to do about an error. Decisions are made by Do; the rest is for people.
// It is given before it is known how the execution will end: what starting again then
// does, and whether there is a rotation to release, it does not know.
type Advice struct {
	First   words.Text `json:"first,omitempty"`   // what to put right before that, in sentences
	Command words.Text `json:"command,omitempty"` // what to type for that
	Do      Do         `json:"do,omitempty"`
	// Updated is what to do instead of Do once a location may hold the new key.
	Updated *Advice `json:"updated,omitempty"`
}

// Do is what to do.
type Do string

// What to do; the zero value is nothing.
const (
	Start   Do = "start"   // start the rotation again
	Retire  Do = "retire"  // retire the key again
	Migrate Do = "migrate" // migrate the clusters again
	Redrive Do = "redrive" // redrive the execution, or start the rotation again
	Release Do = "release" // close the rotation that a person has resolved
	Watch   Do = "watch"   // watch the execution that is at work
	Status  Do = "status"  // see all targets
)

// Starts tells whether starting the same again is what to do.
func (d Do) Starts() bool { return d == Start || d == Retire || d == Migrate || d == Redrive }

var sentences = map[Do]words.Text{
	Start: "start the rotation again", Retire: "retire the key again",
	Migrate: "migrate the clusters again",
	Redrive: "redrive the execution or start the rotation again",
	Release: "run 'rotate release', if a rotation is open",
}

// String is the advice in words.
func (a Advice) String() string { return a.Text().String() }

// Text is the advice in words.
func (a Advice) Text() words.Text {
	do := sentences[a.Do]
	switch {
	case a.Updated != nil:
		first := a.Updated.First
		return words.Sentences(a.First, "If no location holds the new key, "+do,
			"If one does, "+words.Text(strings.ToLower(string(first[:1])))+first[1:], Advice{Do: a.Updated.Do}.Then())
	case a.First == "" && do != "":
		return words.Dot(words.Capital(do))
	}
	return words.Sentences(a.ToFix(), a.Then())
}

// ToFix is what to put right, with the command for that.
func (a Advice) ToFix() words.Text {
	if a.Command == "" {
		return a.First
	}
	return a.First + ": " + a.Command
}

// Then is what to do after that.
func (a Advice) Then() words.Text {
	if do := sentences[a.Do]; do != "" {
		return "Then " + do
	}
	return ""
}

// Once is the advice when it is known whether a location may hold the new key.
func (a Advice) Once(updated bool) Advice {
	if updated && a.Updated != nil {
		return Advice{First: words.Sentences(a.First, a.Updated.First), Do: a.Updated.Do}
	}
	a.Updated = nil
	return a
}
