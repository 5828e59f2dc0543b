package report

import (
	_ "embed"
	"fmt"
	"io"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

//go:embed overview.tmpl.html
var overviewText string

// Overview is how all targets stand, for one page.
type Overview struct {
	At      time.Time
	Targets []Standing
	Notices []string // what is to be seen to that is about no target
}

// Standing is how one target stands.
type Standing struct {
	Name, Account, Region, IAMUser string
	State                          string // in one word
	Says                           string // the same in more
	Keys                           []KeyAge
	Last, Next                     string
	Attention                      [][]string // findings, each with what is so of it and what to do
	Unknown                        []string   // what could not be read
}

// KeyAge is a key's age against its limit.
type KeyAge struct {
	ID          string
	Status      rotation.KeyStatus
	Days, Limit int
	HeldBy      string // in words
}

// WriteHTML writes it as one page that needs nothing else.
func (o Overview) WriteHTML(w io.Writer) error { return page.ExecuteTemplate(w, "overview", o) }

// Title is what the page is called.
func (o Overview) Title() string {
	return "Access keys of " + words.Count(len(o.Targets), "target") + ", " + words.Time(o.At, time.DateOnly)
}

// Says is the verdict.
func (o Overview) Says() string {
	attention, unread := 0, 0
	for _, t := range o.Targets {
		switch {
		case len(t.Attention) > 0:
			attention++
		case len(t.Unknown) > 0:
			unread++
		}
	}
	text := "Nothing needs attention."
	if attention > 0 {
		text = fmt.Sprintf("Attention is needed by %d of %s.", attention, words.Count(len(o.Targets), "target"))
	}
	if unread > 0 {
		text += fmt.Sprintf(" Not all could be read of %d.", unread)
	}
	return text
}

// Over: the key is older than it may be.
func (k KeyAge) Over() bool { return k.Days >= k.Limit }

// room is how much of an age's bar is beyond the limit, in percent.
const room = 15

// Part is how much of its bar an age fills, in percent.
func (k KeyAge) Part() int { return min(100, k.Days*k.LimitAt()/max(1, k.Limit)) }

// LimitAt is where in the bar the limit is, in percent.
func (k KeyAge) LimitAt() int { return 100 - room }
