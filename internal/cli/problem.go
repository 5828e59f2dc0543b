package cli

import (
	"context"
	"errors"
	"fmt"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// problem is something that keeps a command from its work: what is so, and what
// to do about it. Without a sentence all was told already.
type problem struct {
	what, todo string
	exit       int // one of the exit codes
}

// misuse is a mistake in what was typed. What to do is to read the command's help.
func misuse(format string, args ...any) error {
	return &problem{what: fmt.Sprintf(format, args...), exit: ExitUsage}
}

func (p *problem) isMisuse() bool { return p.exit == ExitUsage && p.todo == "" }

// exit ends a command of which all was told already. It is nil for success.
func exit(code int) error {
	if code == ExitSucceeded {
		return nil
	}
	return &problem{exit: code}
}

// Error is the whole sentence.
func (p *problem) Error() string { return words.Sentences(p.what, p.todo) }

// advice is what to do about errors of the adapters. The codes' own advice speaks
// of functions and their roles; here a person asks, with rights of their own.
var advice = map[fault.Code]string{
	fault.AccessDenied: "Your own AWS identity lacks that right, or its session is over: log in again, or " +
		"choose another one with --profile",
	fault.Unreachable:        "Check the network and its proxies, --region and AWS_ENDPOINT_URL, then try again",
	fault.Throttled:          "Try again in a minute",
	fault.MalformedAnswer:    "Try again; if it stays so, check AWS_ENDPOINT_URL and proxies",
	fault.ConfigurationError: "Check --stack and --region; if they are right, deploy the stack again",
	fault.TargetNotFound:     "To see all targets: rotate status",
	fault.InvalidInput:       "Correct it, then try again",
}

// problemOf puts an error into words for the person at the terminal, and gives it
// an exit code; no error is a problem without either. The ids of these keys are whole
// in it, so that commands can be typed.
func problemOf(err error, keys ...rotation.KeyID) *problem {
	var known *problem
	var coded *fault.Error
	switch {
	case err == nil:
		return &problem{}
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled):
		return &problem{"Interrupted", "What was started in AWS continues; to see it: rotate watch", ExitInterrupted}
	case errors.As(err, &coded):
		whole := notice.KeyIDs(keys).Whole
		todo, exists := advice[coded.Code]
		if !exists || coded.Next != nil {
			todo = coded.Said().Advice.Text().With(whole)
		}
		return &problem{words.Sentences(coded.What, coded.InPlace).With(whole), todo, exitOf(coded.Code)}
	}
	return &problem{firstLine(err), "If this continues, report it", ExitFailed}
}

// exitOf: a code of the adapters says whether someone could be asked at all.
func exitOf(code fault.Code) int {
	if code == fault.Unreachable || code == fault.Throttled {
		return ExitUnreached
	}
	return ExitFailed
}
