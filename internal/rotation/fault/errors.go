// Package fault names everything that can go wrong: the codes that the state machine
// routes by (codes.go), and the one error type that carries them, with what to do
// next.
package fault

import (
	"errors"
	"log/slog"

	"qovery-key-rotation/internal/words"
)

// Class says what an error leaves behind, and decides the tone of the notice.
// Which state comes next is the state machine's decision.
type Class string

// The classes of errors.
const (
	// Unchanged: nothing is different from before the rotation began.
	Unchanged Class = "unchanged"
	// Paused: Qovery holds a good, Active key; starting again resumes the rotation.
	Paused Class = "paused"
	// Transient: the same step is tried again.
	Transient Class = "transient"
	// Again: the state machine goes back to an earlier state.
	Again Class = "again"
)

// Error is the one error type of the domain. Code is the name that the state
// machine routes by; the sentence tells a person what is so, what is in place
// now, and what to do next.
type Error struct {
	Code    Code
	Class   Class
	What    words.Text // what is so
	InPlace words.Text // which keys exist in which state; the guard fills it in
	Next    *Advice    // what to do; the code's own advice when nil
	Key     string     // a key that Qovery uses, and that the journal doesn't know
	Urgent  bool       // something in production may be failing already
}

// Errorf makes an error with the class and the advice that codes.go gives the code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Class: code.Class(), What: words.Textf(format, args...)}
}

// Advise has the error say what to put right in its case, in place of what its code says.
func (e *Error) Advise(first words.Text) *Error {
	advice := e.Code.Advice()
	advice.First = first
	e.Next = &advice
	return e
}

// OfUser adds to a denial what is wrong most often where it is about an IAM user:
// IAM authorizes on the user's true ARN, path included. A user who doesn't exist has
// no path, and so is denied, too, where the policies name one.
func (e *Error) OfUser(name string) *Error {
	if e.Code == AccessDenied {
		e.Advise(words.Sentences(words.Textf("Compare iamUserPath with what 'aws iam get-user --user-name %s "+
			"--query User.Path' shows: if it is wrong, correct it and deploy the stack", name), e.Code.Advice().First))
	}
	return e
}

// NoUser says that there is no such IAM user.
func NoUser(name string) *Error {
	e := Errorf(TargetNotFound, "There is no IAM user %s", name)
	advice := start("Correct the target's iamUserName, or create the user and a key for it, and put the key into every " +
		"location in Qovery")
	e.Next = &advice
	return e
}

// Error is the whole sentence.
func (e *Error) Error() string { return e.Said().Text().String() }

func (e *Error) advice() Advice { return e.Code.Advised(e.Next) }

// Of has the error advise to do that again, where it advises to start the rotation again.
func (e *Error) Of(again Do) *Error {
	if advice := e.advice(); advice.Do == Start && again != Start {
		advice.Do = again
		e.Next = &advice
	}
	return e
}

// AsError returns the domain error in err's chain. Anything else is a
// programming error or a dying context: it becomes Unreachable, which is retried
// and proves nothing.
func AsError(err error) *Error {
	var coded *Error
	if errors.As(err, &coded) {
		return coded
	}
	return Errorf(Unreachable, "The step was interrupted: %v", err)
}

// Attr is what logs have of an error: its code, and what is so.
func Attr(err error) slog.Attr {
	coded := AsError(err)
	return slog.Group("", slog.String("code", string(coded.Code)), slog.String("error", coded.What.String()))
}

// HasCode tells whether err carries the code.
func HasCode(err error, code Code) bool {
	var coded *Error
	return errors.As(err, &coded) && coded.Code == code
}
