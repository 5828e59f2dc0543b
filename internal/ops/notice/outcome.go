package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// outcomeLines tell what happened, a sentence or two. Briefly, a rotation that was
// completed is one line, without its timeline.
func (r *report) outcomeLines(briefly bool) []string {
	text, said := "", fault.Said{}
	switch r.ending {
	case Rotated:
		return r.tellRotated(briefly)
	case Planned:
		return r.tellPlan(briefly)
	case stopped:
		return r.tellStopped()
	case AbortDone:
		return []string{r.tellAborted()}
	case unchanged, paused:
		return r.tellFailed()
	case NotDue:
		return []string{fmt.Sprintf("An execution that no person started found nothing to do for %s: %s.", r.name(),
			r.Execution.Output.Plan.Reason)}
	case forgotten:
		return []string{fmt.Sprintf("Step Functions does not know any more how the execution ended that has the %s of %s: "+
			"it forgets one 90 days after its end. What is said here is known from the journal.", r.noun(), r.name())}
	case unclear:
		text = "An execution for %s succeeded, and the event does not show what it has done; nor does the journal."
	case Met:
		text = "An execution for %s found another one at work on the same key, and ended without doing anything."
		said = fault.Read(r.Execution.Output.Error.Cause)
	case overtaken:
		text, said = "An execution for %s ended because the rotation was not its own any more.", r.Execution.Said
	case closed:
		text, said = "An execution for %s ended because its rotation is completed, or was released.", r.Execution.Said
	case timedOut:
		text = "Step Functions ended the execution for %s because it took longer than an execution may."
	}
	return r.withQuote(fmt.Sprintf(text, r.name()), said)
}

func (r *report) tellRotated(briefly bool) []string {
	var lines []string
	if r.Execution.doc().CarriedOn || len(r.completed) > 1 {
		lines = append(lines, "An interrupted "+r.noun()+" was resumed and completed.")
	}
	switch {
	case len(r.completed) > 1 && slices.Contains(r.gone(), r.summary.OldKey):
		lines = append(lines, "Its new key had leaked, and was replaced immediately.")
	case len(r.completed) > 1:
		lines = append(lines, "The next one was due by then, and followed immediately.")
	}
	lines = append(lines, r.tellGone()...)
	for _, summary := range r.completed {
		if briefly {
			lines = append(lines, strings.Join(tellSummary(summary, fate(summary)), " "))
		} else {
			lines = append(lines, tellSummary(summary, timeline(summary))...)
		}
	}
	switch r.Execution.Status {
	case statemachine.Failed, statemachine.TimedOut:
		lines = append(lines, fmt.Sprintf("After that the execution failed%s: the answer of its last step was lost, and the "+
			"step could not be tried again. That changes nothing.", r.inBrackets()))
	case statemachine.Aborted:
		lines = append(lines, "After that someone stopped the execution, which changes nothing.")
	}
	return lines
}

// tellSummary is the outcome of one rotation.
func tellSummary(s rotation.Summary, also []string) []string {
	if s.MovedTo != "" {
		return tellMigrated(s)
	}
	if s.NewKey == "" {
		return append([]string{fmt.Sprintf("The key %s of %s was retired: nothing in Qovery held it.", s.OldKey,
			s.Target)}, also...)
	}
	lines := append([]string{fmt.Sprintf("The key %s of %s was replaced by %s.", s.OldKey, s.Target,
		s.NewKey)}, also...)
	if created, gone := s.NewKeyCreatedAt, s.OldKeyInactiveAt; !created.IsZero() && !gone.Before(created) {
		text := "The old key went Inactive " + words.Span(created, gone) + " after the new one was created"
		if s.GraceExtendedBy > 0 {
			text += fmt.Sprintf("; the grace period was %s longer because the old key was still used", s.GraceExtendedBy)
		}
		lines = append(lines, text+".")
	}
	clusters := words.Count(s.ClustersDeployed, "cluster") + " deployed"
	if s.ClustersDeployed == 0 {
		clusters = "Nothing was deployed"
	}
	if len(s.ClustersSkipped) > 0 {
		clusters += "; passed over: " + quotable(words.List(s.ClustersSkipped, words.MostListed))
	}
	lines = append(lines, words.Dot(clusters))
	if len(s.RolledOut) > 0 {
		lines = append(lines, words.Dot("Changes that were saved and not deployed were rolled out to "+
			quotable(words.List(s.RolledOut, words.MostListed))))
	}
	return lines
}

// fate is what became of the old key.
func fate(s rotation.Summary) []string {
	switch {
	case !s.OldKeyDeletedAt.IsZero():
		return nil // as it should
	case !s.OldKeyGoneBy.IsZero():
		return []string{words.Dot("The old key was " + story.FoundGone(s.OldKeyDeletion))}
	}
	return []string{"The old key was gone already."}
}

// timeline is what one rotation did, and who used its keys, in the order of time.
func timeline(s rotation.Summary) []string {
	moments := []moment{
		{s.NewKeyCreatedAt, "new key created"},
		{s.UpdatedAt, "new key in every location in Qovery"},
		{s.LastUseOfOldKey, "old key used for the last time that is known"},
		{s.OldKeyInactiveAt, "old key Inactive"},
		{s.OldKeyDeletedAt, "old key deleted"},
		{s.OldKeyGoneBy, "old key " + story.FoundGone(s.OldKeyDeletion)},
	}
	if first := s.FirstUseOfNewKey; first != nil {
		moments = append(moments, moment{first.At, "new key first used: " + quotable(first.By())})
	}
	if s.OldKeyDeletedAt.IsZero() && s.OldKeyGoneBy.IsZero() {
		moments = append(moments, moment{s.CompletedAt, "completed; the old key was gone already"})
	}
	return inOrder(moments)
}

// moment is when something happened; zero: it did not.
type moment struct {
	at   time.Time
	text string
}

// inOrder writes moments in the order of time.
func inOrder(moments []moment) (lines []string) {
	slices.SortFunc(moments, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.text, b.text)) })
	for _, m := range moments {
		if !m.at.IsZero() {
			lines = append(lines, "  "+words.At(m.at)+"  "+m.text)
		}
	}
	return lines
}

func (r *report) tellPlan(briefly bool) []string {
	x := r.Execution
	switch {
	case x.Status == statemachine.Failed:
		return r.withReason(fmt.Sprintf("The dry run for %s could not be finished.", r.name()) +
			r.calmly(" A dry run changes nothing."))
	case x.Output == nil:
		return []string{fmt.Sprintf("A dry run for %s is done. Its plan is the execution's output, for which the event "+
			"had no room.", r.name())}
	}
	view := story.PlanOf(*x.Output, story.PaceOf(r.History), r.ids.Whole)
	text := fmt.Sprintf("A dry run for %s: %s %s.", r.name(), view.Verdict, r.now()) + r.calmly(" Nothing was changed.")
	lines := []string{text}
	if view.Refused != "" {
		lines = r.withQuote(text, fault.Said{What: x.Output.Plan.Because})
	}
	if briefly {
		for _, line := range view.Brief() {
			lines = append(lines, r.ids.quotable(line))
		}
		return lines
	}
	for _, line := range view.Lines(planWidth) {
		lines = append(lines, r.ids.hidden(line))
	}
	return lines
}

// planWidth is that of a mail.
const planWidth = 78

// now is when a dry run was made.
func (r *report) now() string {
	if r.past {
		return "at that time"
	}
	return "now"
}

func (r *report) tellStopped() []string {
	text := fmt.Sprintf("Someone stopped the execution for %s.", r.name())
	if reason := strings.Trim(r.Execution.Error+": "+r.Execution.Cause, ": "); reason != "" {
		text += " The reason given: " + words.Dot(reason)
	}
	if r.Execution.DryRun {
		text += " It was a dry run" + r.calmly(", which changes nothing") + "."
	}
	return []string{text}
}

// tellAborted tells of an abort that did what was asked.
func (r *report) tellAborted() string {
	text := fmt.Sprintf("The %s of %s was aborted, as someone asked", r.noun(), r.name())
	switch {
	case r.past:
		return text + "."
	case r.migrates():
		text += ": every cluster is back at the credentials that it had"
	case r.Record != nil &&
		slices.ContainsFunc(r.known, func(k knownKey) bool { return k.id == r.Record.OldKey && k.isActive() }):
		text += fmt.Sprintf(": the %s is Active", r.outgoing())
	}
	return text + ". It stays open and can be resumed."
}

// tellFailed says how one ended unchanged or paused.
func (r *report) tellFailed() []string {
	var lines []string
	for _, summary := range r.completed {
		lines = append(lines, fmt.Sprintf("First an interrupted rotation was resumed and completed: the key %s was "+
			"replaced by %s.", summary.OldKey, summary.NewKey))
	}
	return append(lines, r.withReason(r.failure())...)
}

// withReason adds why the execution failed: in a step's words, or what an error
// of Lambda or Step Functions means.
func (r *report) withReason(text string) []string {
	if r.code != "" {
		return r.withQuote(text, r.Execution.Said)
	}
	lines := []string{text, foreignError(r.Execution.Error).what}
	if r.Execution.Cause != "" {
		lines = append(lines, "In AWS's words: "+words.Dot(r.Execution.Cause))
	}
	return lines
}

func (r *report) failure() string {
	name, noun, reason := r.name(), r.noun(), r.inBrackets()
	switch {
	case r.past && !r.Execution.Abort && r.outcome() == rotation.Released:
		return fmt.Sprintf("The %s of %s stopped%s. A person released it %s.", noun, name, reason,
			words.At(r.History[0].EndedAt))
	case r.past && !r.Execution.Abort && r.ending == unchanged:
		return fmt.Sprintf("The %s of %s did not go through%s.", noun, name, reason)
	case r.past && !r.Execution.Abort:
		return fmt.Sprintf("The %s of %s stopped%s.", noun, name, reason)
	case r.Record == nil && r.ending == paused && !r.past:
		return fmt.Sprintf("The %s of %s stopped%s. Whether it is open could not be found out.", noun, name, reason)
	case r.Execution.Abort && (r.ending == paused || r.past):
		return fmt.Sprintf("The %s of %s should have been aborted, and that failed%s.", noun, name, reason)
	case r.Execution.Abort:
		return fmt.Sprintf("A rotation of %s should have been aborted, and none is open%s.", name, reason)
	case r.ending == paused && !r.own():
		return fmt.Sprintf("The open %s of %s was not resumed by this execution%s.", r.Record.Kind.Noun(), name, reason)
	case r.ending == paused:
		return fmt.Sprintf("The %s of %s stopped and is paused: it stays open until it is resumed or released%s.",
			noun, name, reason)
	case len(r.completed) > 0 && r.unwritten() != nil:
		return fmt.Sprintf("Then the replacement of its new key, which leaked, could not begin%s.", reason)
	case len(r.completed) > 0:
		return fmt.Sprintf("Then the next rotation of %s, which was due by then, could not begin%s.", name, reason)
	}
	if r.verdict.urgency != Calm {
		return fmt.Sprintf("The %s of %s did not go through%s. It is not the cause of what is said above: it left "+
			"the keys and Qovery as they were.", noun, name, reason)
	}
	return fmt.Sprintf("The %s of %s did not go through, and nothing is different from before it%s.", noun, name, reason)
}

// withQuote adds what a step said, without its advice: that comes further down.
func (r *report) withQuote(text string, said fault.Said) []string {
	said.Advice = nil
	if quoted := r.ids.Quote(said.Text()); quoted != "" {
		return []string{text, "In the step's words, at that time: " + words.Dot(quoted)}
	}
	return []string{text}
}
