package notice

import (
	"fmt"
	"maps"
	"slices"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// leaked is the key that leaked and is not replaced yet, by its last four characters: by
// the open record, or by the execution's input. Empty: none did.
func (r *report) leaked() string {
	switch {
	case r.Record != nil && len(r.Record.Leaked) > 0:
		return slices.Sorted(maps.Keys(r.Record.Leaked))[0].String()
	case r.Record == nil && r.Execution.Leaked != nil && r.ending != Rotated && !r.past:
		return rotation.KeyID(r.Execution.Leaked.Key).String()
	}
	return ""
}

// judgeLeaked: until a key that leaked is replaced, nothing can wait until the morning.
func (r *report) judgeLeaked() {
	id := r.leaked()
	if id == "" || r.past || r.ending == Planned || r.ending == NotDue {
		return
	}
	is := "is not listed by IAM"
	if i := slices.IndexFunc(r.known, func(k knownKey) bool { return k.id.String() == id }); r.NoKeys != nil || i < 0 {
		is = "may be Active"
	} else if k := r.known[i]; k.isActive() {
		is = "is still Active: anyone who has it can use it"
	} else if k.isInactive() {
		is = "is Inactive and stays so"
	}
	r.verdict.urgency = Urgent
	r.verdict.text = fmt.Sprintf("The key %s leaked and %s. %s", id, is, r.verdict.text)
}

// leakedFlags are those of the command that starts the execution again.
func (x *Execution) leakedFlags() []string {
	flags := []string{"--leaked", typed(rotation.KeyID(x.Leaked.Key))}
	if x.Leaked.How == target.AtOnce {
		flags = append(flags, "--at-once")
	}
	return flags
}
