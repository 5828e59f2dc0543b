package explorer

import (
	"errors"
	"hash/maphash"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// trace is what happened under a schedule, in order: each event of each execution
// with its state and error, and each remote call with the state that made it,
// whether a write took effect, and what the caller got. Of errors that are tried
// again it makes no difference which. Times, ids and what reads found are no part
// of it, and neither are the faults: two schedules with one trace are two ways to
// the same. It is kept as a hash, since the traces of a day are many; hashes
// compare within one process.
type trace struct{ maphash.Hash }

var traces = maphash.MakeSeed()

func (t *trace) note(parts ...string) {
	for _, part := range parts {
		_, _ = t.WriteString(part) // it never fails
		_ = t.WriteByte(0)
	}
}

func (t *trace) event(run *lab.Run, event statemachine.Event) {
	t.note(run.Name(), string(event.Type), event.State, kindOf(fault.Code(event.Error)))
}

func (t *trace) call(call lab.Outcome) {
	if isPersons(call.Call) {
		return
	}
	effect := ""
	if call.Write && call.Applied {
		effect = "took effect"
	}
	t.note(call.Process, call.Site, effect, answer(call))
}

// kindOf is the code, or one word for all that are tried again.
func kindOf(code fault.Code) string {
	if code.Class() == fault.Transient {
		return "transient"
	}
	return string(code)
}

// answer is what the caller got: of an error its code, since its words have times
// and ids in them.
func answer(call lab.Outcome) string {
	var coded *fault.Error
	switch {
	case call.Late:
		return "late"
	case !call.Answered:
		return "killed"
	case call.Err == nil:
		return "answered"
	case errors.As(call.Err, &coded):
		return kindOf(coded.Code)
	}
	return call.Err.Error()
}
