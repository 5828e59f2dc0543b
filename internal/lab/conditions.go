package lab

import (
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation"
)

// Conditions are what is so in the world now, apart from keys, what holds them, clusters'
// statuses and the journal's record, and may make a difference to what comes: sorted, and
// without times.
func (w *World) Conditions() (conditions []string) {
	note := func(is bool, what string) {
		if is {
			conditions = append(conditions, what)
		}
	}
	note(!w.IAM.QuarantinedSince(UserName).IsZero(), "quarantined")
	note(w.IAM.users[UserName].path != w.IAM.Path, "the user was moved")
	note(len(w.Trail.Denied) > 0, "CloudTrail may not be searched")
	note(len(w.others) > 0, "a key is used elsewhere")
	note(len(w.Journal.memory[rotation.FreezeOf(w.Target.Name)]) > len("{}"), "frozen")
	note(!w.Qovery.RestrictedSince().IsZero(), "Qovery deploys nothing")
	note(w.qoveryAnswers != "", "Qovery "+w.qoveryAnswers)
	for _, site := range w.Wire.landing {
		conditions = append(conditions, "lands late: "+site)
	}
	for _, process := range w.Timeline.Left() {
		if i := strings.LastIndexByte(process, '/'); i >= 0 {
			conditions = append(conditions, "at work: "+process[i+1:])
		}
	}
	for _, run := range w.runs {
		if !run.Ended() {
			conditions = append(conditions, "in "+run.CurrentState())
		}
	}
	for _, id := range w.Clusters {
		if state := w.Qovery.Disturbed(id); state != "" {
			conditions = append(conditions, fmt.Sprintf("%s: %s", id, state))
		}
	}
	slices.Sort(conditions)
	return conditions
}
