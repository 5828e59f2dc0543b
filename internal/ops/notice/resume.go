package notice

import (
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// ToResume is how what is open is resumed where it stopped.
func ToResume(record rotation.Record) Step {
	return Step{"To resume it:", ResumeCommand(record, "--watch")}
}

// ResumeCommand resumes what is open, as what it is.
func ResumeCommand(record rotation.Record, flags ...string) string {
	switch record.Kind {
	case rotation.Retire:
		return RetireCommand(record.Target, record.OldKey, flags...)
	case rotation.Migrate:
		return MigrateCommand(record.Target, record.Migration.To.ID, flags...)
	}
	return strings.Join(append([]string{"rotate", "start", record.Target}, flags...), " ")
}

// Forgotten is the execution that had an open rotation last, where Step Functions doesn't know
// it any more: 90 days after its end. How it ended, no one knows.
func Forgotten(record rotation.Record) *Execution {
	return &Execution{ARN: record.Owner, Name: words.Last(record.Owner), Target: record.Target}
}

// IsForgotten tells whether Step Functions doesn't know the execution any more.
func (x *Execution) IsForgotten() bool { return x.Status == "" }
