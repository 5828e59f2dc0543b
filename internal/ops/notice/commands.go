package notice

import (
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// Command is one of rotate's, as people type it.
func Command(name, target string, flags ...string) string {
	return strings.Join(append([]string{"rotate", name, target}, flags...), " ")
}

// LeakedCommand replaces a target's key that leaked.
func LeakedCommand(target string, id rotation.KeyID, flags ...string) string {
	return Command("start", target, append([]string{"--leaked", typed(id)}, flags...)...)
}

// RetireCommand retires a key of the target.
func RetireCommand(target string, id rotation.KeyID, flags ...string) string {
	return Command("retire", target, append([]string{typed(id)}, flags...)...)
}

// MigrateCommand moves the target's clusters to credentials.
func MigrateCommand(target, to string, flags ...string) string {
	if strings.ContainsAny(to, " \t'\"$`\\") {
		to = "'" + strings.ReplaceAll(to, "'", `'\''`) + "'"
	}
	return Command("migrate", target, append([]string{"--to", to}, flags...)...)
}

// typed is a key's id as commands take it: whole, or as much of its end as is known.
func typed(id rotation.KeyID) string { return strings.TrimLeft(string(id), "*") }

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
	return Command("start", record.Target, flags...)
}

// ActivateCommand makes a key of the user Active again.
func ActivateCommand(user string, id rotation.KeyID) string {
	return rotation.StatusCommand(user, id, rotation.Active).With(KeyIDs{id}.Whole)
}

// DeleteCommand deletes a key of the user.
func DeleteCommand(user string, id rotation.KeyID) string {
	return rotation.DeleteCommand(user, id).With(KeyIDs{id}.Whole)
}

// rotate is a command to type about the target.
func (r *report) rotate(command string, flags ...string) string {
	name, leaked := r.Execution.Target, r.unwritten()
	switch {
	case name == "" || command == "status":
		return "rotate status"
	case command == "start" && leaked != nil:
		if leaked.How == target.AtOnce {
			flags = append([]string{"--at-once"}, flags...)
		}
		return LeakedCommand(name, rotation.KeyID(leaked.Key), flags...)
	case command == "start" && r.retires() && r.retired() != "":
		return RetireCommand(name, r.retired(), flags...)
	case command == "start" && r.migrates() && r.migrateTo() != "":
		return MigrateCommand(name, r.migrateTo(), flags...)
	}
	return Command(command, name, flags...)
}
