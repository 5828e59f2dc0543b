package notice

import (
	"fmt"
	"maps"
	"slices"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
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

// judgePassedOver: clusters that a rotation passed over still use the key that leaked, which
// is out of service.
func (r *report) judgePassedOver() {
	var broken []string
	for _, summary := range r.completed {
		broken = append(broken, summary.ClustersBroken...)
	}
	if len(broken) == 0 || r.past || r.ending != Rotated || r.verdict.urgency != Calm {
		return
	}
	r.verdict = verdict{Urgent, fmt.Sprintf("What these clusters do with the leaked key fails now, because they couldn't "+
		"be deployed: %s.", quotable(words.List(broken, mostListed))),
		&Step{"Deploy these clusters in Qovery, once what keeps them from it is fixed. To see the others:",
			r.rotate("status")}}
}

// leakedFlags are those of the command that starts the execution again.
func (x *Execution) leakedFlags() []string {
	flags := []string{"--leaked", typed(rotation.KeyID(x.Leaked.Key))}
	if x.Leaked.How == target.AtOnce {
		flags = append(flags, "--at-once")
	}
	return flags
}
