package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// outcomeLines tell what happened, a sentence or two. Briefly, a rotation that was
// completed is one line, without its timeline.
func (r *report) outcomeLines(briefly bool) []string {
	switch r.ending {
	case Rotated:
		return r.tellRotated(briefly)
	case unclear:
		return []string{fmt.Sprintf("An execution for %s succeeded, and the event does not show what it has done; nor "+
			"does the journal.", r.name())}
	case Planned:
		return r.tellPlan(briefly)
	case Met:
		return r.withQuote(fmt.Sprintf("An execution for %s found another one at work on the same key, and ended without "+
			"doing anything.", r.name()), fault.Read(r.Execution.Output.Error.Cause))
	case NotDue:
		return []string{fmt.Sprintf("An execution that no person started found nothing to do for %s: %s.", r.name(),
			r.Execution.Output.Plan.Reason)}
	case overtaken:
		return r.withQuote(fmt.Sprintf("An execution for %s ended because the rotation was not its own any more.", r.name()),
			r.Execution.Said)
	case closed:
		return r.withQuote(fmt.Sprintf("An execution for %s ended because its rotation is completed, or was released.",
			r.name()), r.Execution.Said)
	case stopped:
		return r.tellStopped()
	case AbortDone:
		return []string{r.tellAborted()}
	case forgotten:
		return []string{fmt.Sprintf("Step Functions does not know any more how the execution ended that has the %s of %s: "+
			"it forgets one 90 days after its end. What is said here is known from the journal.", r.noun(), r.name())}
	case timedOut:
		return []string{fmt.Sprintf("Step Functions ended the execution for %s because it took longer than an execution may.",
			r.name())}
	}
	return r.tellFailed()
}

func (r *report) tellRotated(briefly bool) []string {
	var lines []string
	if r.Execution.Output != nil && r.Execution.Output.CarriedOn || len(r.completed) > 1 {
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
	if both := took(s.NewKeyCreatedAt, s.OldKeyInactiveAt); both != "" {
		text := "The old key went Inactive " + both + " after the new one was created"
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
		clusters += "; passed over: " + quotable(words.List(s.ClustersSkipped, mostListed))
	}
	lines = append(lines, words.Dot(clusters))
	if len(s.RolledOut) > 0 {
		lines = append(lines, words.Dot("Changes that were saved and not deployed were rolled out to "+
			quotable(words.List(s.RolledOut, mostListed))))
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
	type moment struct {
		at   time.Time
		text string
	}
	moments := []moment{
		{s.NewKeyCreatedAt, "new key created"},
		{s.UpdatedAt, "new key in every location in Qovery"},
		{s.LastUseOfOldKey, "old key used for the last time that is known"},
		{s.OldKeyInactiveAt, "old key Inactive"},
		{s.OldKeyDeletedAt, "old key deleted"},
		{s.OldKeyGoneBy, "old key " + story.FoundGone(s.OldKeyDeletion)},
	}
	if first := s.FirstUseOfNewKey; first != nil {
		moments = append(moments, moment{first.At, "new key first used: " + user(*first)})
	}
	if s.OldKeyDeletedAt.IsZero() && s.OldKeyGoneBy.IsZero() {
		moments = append(moments, moment{s.CompletedAt, "completed; the old key was gone already"})
	}
	moments = slices.DeleteFunc(moments, func(m moment) bool { return m.at.IsZero() })
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	var lines []string
	for _, m := range moments {
		lines = append(lines, "  "+words.At(m.at)+"  "+m.text)
	}
	return lines
}

// user is who used a key, as far as is known.
func user(use rotation.Use) string {
	text := use.Service
	if use.Event != "" {
		text += " " + use.Event
	}
	if use.Region != "" {
		text += " in " + use.Region
	}
	if use.UserAgent != "" {
		text += " by " + use.UserAgent
	}
	return quotable(text)
}

func (r *report) tellPlan(briefly bool) []string {
	x := r.Execution
	switch {
	case x.Status == Failed:
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

func locations(refs []rotation.LocationRef) string {
	var names []string
	for _, ref := range refs {
		names = append(names, ref.String())
	}
	return quotable(words.List(names, mostListed))
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
	switch i := slices.IndexFunc(r.known, func(k knownKey) bool { return k.id == r.oldKey() && k.isActive() }); {
	case r.past:
		return text + "."
	case r.migrates():
		text += ": every cluster is back at the credentials that it had"
	case i >= 0:
		text += fmt.Sprintf(": the %s is Active", r.outgoing())
	}
	return text + ". It stays open and can be resumed."
}

// oldKey is that of the open rotation.
func (r *report) oldKey() rotation.KeyID {
	if r.Record == nil {
		return ""
	}
	return r.Record.OldKey
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
	case r.past:
		return r.failedThen()
	case r.Record == nil && r.ending == paused:
		return fmt.Sprintf("The %s of %s stopped%s. Whether it is open could not be found out.", noun, name, reason)
	case r.Execution.Abort && r.ending == paused:
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
