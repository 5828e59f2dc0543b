package notice

import (
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// steps are what to do, the first thing first.
func (r *report) steps() []Step {
	if r.past {
		return append([]Step{{"Nothing about this execution. To see how things are:", r.rotate("status")}}, r.evidence()...)
	}
	steps := r.first()
	if fix := r.verdict.fix; fix != nil {
		released := fix.Command == r.rotate("release") && r.code == ""
		steps[0].Text = afterThat + steps[0].Text
		steps = append([]Step{*fix}, steps...)
		if released {
			steps = steps[:1] // there is nothing left to carry on
		}
	}
	steps = append(steps, r.further()...)
	steps = append(steps, r.takeOut()...)
	if r.canReactivate() && !r.Execution.Abort &&
		!slices.ContainsFunc(steps, func(s Step) bool { return s.Command == r.rotate("abort") }) {
		steps = append(steps,
			Step{fmt.Sprintf("If something turns out to need the %s, this makes it Active again:", r.outgoing()),
				r.rotate("abort")})
	}
	return steps
}

const afterThat = "After that: "

// first is what to do, and where that is to type a command, what to do then.
func (r *report) first() []Step {
	advice := r.advice()
	isAdvised := r.code != "" && (r.ending == unchanged || r.ending == paused)
	if !isAdvised || advice.Command == "" {
		return []Step{r.step()}
	}
	steps := []Step{{advice.First.With(r.ids.Whole) + ":", advice.Command.With(r.ids.Whole)}}
	if advice.Do != "" {
		then := r.adviceStep(fault.Advice{Do: advice.Do})
		steps = append(steps, Step{afterThat + then.Text, then.Command})
	}
	return steps
}

// further is what to do beside the first thing.
func (r *report) further() []Step {
	switch {
	case r.ending == Rotated:
		return r.evidence()
	case r.code == fault.NoAccessKey && r.NoTarget == nil && r.Record != nil:
		return []Step{{"Then close the rotation that is open:", r.rotate("release")}}
	case r.code == fault.NoAccessKey && r.NoTarget == nil:
		return []Step{{"Then, to see that all is well:", r.rotate("status")}}
	case r.isMigrating() && !r.Execution.Abort && slices.ContainsFunc(r.known, knownKey.exists):
		return []Step{{"To move every cluster back instead:", r.rotate("abort")}}
	case r.ending == AbortDone && (r.retires() || r.migrates()):
		return []Step{{"To give it up instead, close it:", r.rotate("release")}}
	case r.ending == AbortDone && len(r.leaked()) > 0:
		return []Step{{"To give it up instead: see to it that every location in Qovery holds another key than the leaked " +
			"one, make that Inactive or delete it, and close the rotation:", r.rotate("release")}}
	case r.ending == AbortDone:
		return []Step{{"To give it up instead: see to it that every location in Qovery that holds a key of the user holds " +
			"the same Active one, " +
			"and close the rotation. The command then says how the other key ends, with which no rotation begins:",
			r.rotate("release")}}
	}
	return nil
}

// evidence is how to keep what a rotation that went through has proved.
func (r *report) evidence() []Step {
	name := quotable(r.Execution.Name)
	if r.ending != Rotated || name == "" {
		return nil
	}
	command := fmt.Sprintf("rotate report %[1]s --file %[1]s.html", name)
	return []Step{{"For the auditors, before Step Functions forgets the execution in 90 days:", command}}
}

// canReactivate: an open rotation that no one is at work on has made the old key
// Inactive, and the key is still there.
func (r *report) canReactivate() bool {
	return r.oldKeyIsOut() && r.ending != Met && r.ending != overtaken && len(r.leaked()) == 0 &&
		(r.NoKeys != nil || slices.ContainsFunc(r.known, func(k knownKey) bool { return k.ours && k.exists() }))
}

// look is how to find out what this message could not.
func (r *report) look() *Step {
	return &Step{"First see the current state:", r.rotate("status")}
}

// step is what to do about the way in which the execution ended.
func (r *report) step() Step {
	switch r.ending {
	case Rotated:
		return r.afterRotation()
	case unclear:
		return Step{"See what was done:", r.rotate("history")}
	case Planned:
		return r.afterDryRun()
	case Met:
		return r.nothing("The other execution continues by itself. To watch it:", "watch")
	case NotDue:
		return r.nothing("To see all rotations:", "history")
	case overtaken:
		return Step{r.before(r.code.Advice(), "To watch it:"), r.rotate("watch")}
	case closed:
		return r.nothing("No rotation is open any more. To see how it ended:", "history")
	case stopped, timedOut, forgotten:
		return r.afterInterruption()
	}
	return r.adviceStep(r.advice())
}

// advice is what the step said to do, or else what is to be done about its code, or about an
// error that is none of this system's own.
func (r *report) advice() fault.Advice {
	if r.code == "" {
		return fault.Advice{First: foreignError(r.Execution.Error).advice}
	}
	advice := r.code.Advised(r.Execution.Said.Advice)
	if r.ending == paused && r.NoRecord == nil {
		advice = advice.Once(r.updating())
	}
	return advice
}

func (r *report) adviceStep(advice fault.Advice) Step {
	start := r.rotate("start", "--watch")
	switch {
	case advice.Do == fault.Status, r.Execution.Target == "":
		return Step{r.before(advice, "To see all targets:"), r.rotate("status")}
	case advice.Do == fault.Watch:
		return Step{r.before(advice, ""), r.rotate("watch")}
	case r.Execution.Abort && r.ending != AbortDone:
		return Step{r.before(advice, "To abort it again:"), r.rotate("abort")}
	case r.code == fault.NoAccessKey && r.NoTarget == nil:
		return Step{r.before(advice, ""), "aws iam create-access-key --user-name " + r.Target.IAMUserName}
	case advice.Do == fault.Release && r.ending == paused:
		return Step{advice.Text().With(r.ids.Whole), r.rotate("release")}
	case advice.Do.Starts():
		return Step{words.Sentences(advice.Text().With(r.ids.Whole), r.resumes(advice)), start}
	}
	return Step{r.before(advice, "Then start the "+r.noun()+" again:"), start}
}

// before is what to put right before doing something.
func (r *report) before(advice fault.Advice, then string) string {
	if advice.First == "" {
		return then
	}
	return strings.TrimSpace(words.Dot(advice.ToFix()).With(r.ids.Whole) + " " + then)
}

// resumes is what starting again does, where that is known.
func (r *report) resumes(advice fault.Advice) string {
	if r.Record == nil || r.unwritten() != nil || r.ending == AbortDone || advice.Updated != nil {
		return ""
	}
	return "That resumes it where it stopped"
}

// nothing is a step where nothing has to be done, unless something has.
func (r *report) nothing(then, command string, flags ...string) Step {
	if r.verdict.fix == nil {
		then = "Nothing. " + then
	}
	return Step{then, r.rotate(command, flags...)}
}

// updating: a location may have been given the new key.
func (r *report) updating() bool { return r.begun(rotation.Update) || r.updated() }

func (r *report) afterRotation() Step {
	strange := r.foreignLocations()
	switch {
	case r.migrates():
		return r.afterMigration()
	case r.retires():
		return r.nothing("To see all that has ended:", "history")
	case len(strange) > 0:
		return Step{fmt.Sprintf("Find out whose key %s is: while it is there, the next rotation refuses to begin.",
			strings.Join(strange, " and ")), r.rotate("status")}
	case r.summary.FoundNoClusters():
		return Step{words.Dot(story.NoClusters) + " Then retire that key:",
			RetireCommand(r.Execution.Target, rotation.KeyID(r.summary.NewKey))}
	}
	next := ""
	switch run, err := r.Target.Schedule.FirstRun(r.Now); {
	case r.NoTarget != nil:
	case !r.Target.Schedule.Enabled:
		next = "The target's schedule is disabled: the next rotation is to be started by hand. "
	case err == nil:
		next = "The next rotation begins by itself on " + words.At(r.begins(run)) + ". "
	}
	return r.nothing(next+"To see all rotations:", "history")
}

func (r *report) afterDryRun() Step {
	again, start := r.rotate("start", "--dry-run"), r.rotate("start", "--watch")
	failed, doc := r.Execution.Status == statemachine.Failed, r.Execution.Output
	switch {
	case failed && r.isClosed():
		return Step{"To try the dry run again:", again}
	case failed:
		return Step{r.before(r.advice(), "To try the dry run again:"), again}
	case r.planRefused() != "":
		return Step{r.before(r.planRefused().Advised(doc.Plan.Advice), "To see whether a rotation would begin then:"), again}
	case r.migrates():
		return r.nothing("To move the clusters now:", "start", "--watch")
	case doc != nil && doc.Plan.Would != rotation.ActionCreate && r.Record != nil:
		return Step{"To resume the rotation:", start}
	case r.retires():
		return r.nothing("To retire the key now:", "start", "--watch")
	}
	return r.nothing("To rotate now:", "start", "--watch")
}

// planRefused is what a rotation would be refused for, by a dry run.
func (r *report) planRefused() fault.Code {
	if r.ending != Planned {
		return ""
	}
	return fault.Code(r.Execution.doc().Plan.Refused)
}

// afterInterruption: an execution was ended from outside, in the middle of
// anything.
func (r *report) afterInterruption() Step {
	switch {
	case r.Execution.DryRun:
		return r.nothing("To try the dry run again:", "start", "--dry-run")
	case r.NoTarget != nil || r.NoRecord != nil:
		return Step{"If a rotation is open, starting it again resumes it:", r.rotate("start", "--watch")}
	case r.Record == nil:
		return Step{"Nothing has to be put right. To start again:", r.rotate("start", "--watch")}
	case r.own() && r.Execution.Abort:
		return Step{"To abort the " + r.noun() + " again:", r.rotate("abort")}
	case !r.own():
		return Step{"Another execution has the rotation. See whether it is at work:", r.rotate("watch")}
	}
	return Step{"To resume the " + r.noun() + " where it stopped:", r.rotate("start", "--watch")}
}

// foreign are errors that are none of this system's own, by what their names begin with.
type foreign struct {
	names  []string
	what   string
	advice words.Text
}

// foreignError explains what Lambda and Step Functions report.
func foreignError(name string) foreign {
	return foreignErrors[slices.IndexFunc(foreignErrors, func(f foreign) bool {
		return slices.ContainsFunc(f.names, func(start string) bool { return strings.HasPrefix(name, start) })
	})]
}

// foreignErrors are asked in order, and the last is any.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
var foreignErrors = []foreign{
	{[]string{"States.Timeout", "Sandbox.Timedout"}, "A step took longer than it may, again and again.",
		"See the log of the step's function for what it waited for"},
	{[]string{"Lambda.Unknown", "Runtime.", "Sandbox."}, "A step's function crashed, again and again.",
		"See the log of the step's function; if it ran out of memory, give it more"},
	{[]string{"Lambda.TooManyRequestsException"}, "Lambda had no room for a step, again and again.",
		"See what uses up the account's concurrent Lambda executions"},
	{[]string{"Lambda."}, "Lambda did not run a step, although that was tried again and again.",
		"See the execution for what Lambda answered, and AWS's status page for Lambda"},
	{[]string{"States.DataLimitExceeded"}, "The rotation's document has outgrown what Step Functions carries.",
		"This should not happen with the clusters that are allowed: report it with the execution's history"},
	{[]string{"States.Runtime"}, "The state machine and its functions do not fit together.",
		"Deploy the stack again, so that both are of the same version"},
	{[]string{"States.Permissions"}, "The state machine may not do what it has to.",
		"Check the role of the state machine and the policies above it; deploying the stack again restores the role"},
	{[]string{""}, "The error is not one that this system raises.",
		"See the execution for the state that failed and for its cause"},
}
