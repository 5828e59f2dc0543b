package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

func (f *facts) proveIdentity() Proof {
	if !f.verified.known() || f.identity == "" {
		return f.notReached()
	}
	return proven(f.verified, "Requests signed with it were answered by STS GetCallerIdentity three times in a row: %s.",
		f.identity)
}

// proveGiven rests on what Qovery showed once every cluster was deployed with the role.
func (f *facts) proveGiven() Proof {
	switch {
	case f.readBack == nil:
		return f.notReached()
	case len(f.readBack.Locations) == 0:
		return doesNotApply("This migration gave the role to no registry and no Helm repository.")
	}
	at := fact{f.readBack.At, f.done[rotation.Deploy].Ref}
	return proven(at, "Read back from Qovery: %s.", strings.Join(f.readPlaces(), ", "))
}

// readPlaces are the locations that were read back, by kind and name.
func (f *facts) readPlaces() (places []string) {
	for _, kind := range slices.Sorted(maps.Keys(f.readBack.Locations)) {
		for _, name := range f.readBack.Locations[kind] {
			places = append(places, fmt.Sprintf("%s “%s”", kind, name))
		}
	}
	return places
}

func (f *facts) proveReadBack() Proof {
	if f.readBack == nil {
		if updated := f.latest.UpdatedAt; !updated.IsZero() {
			return notProven(fact{}, "The document says that it was done %s; "+
				"the history of the execution that did it was not read, or does not show the locations.", clock(updated))
		}
		return f.notReached()
	}
	places := f.readPlaces()
	at := fact{f.readBack.At, f.done[rotation.Update].Ref}
	switch {
	case len(f.readBack.Missing) > 0:
		return notProven(at, "Qovery did not list these any more: %s.", strings.Join(f.readBack.Missing, ", "))
	case len(places) == 0:
		return notProven(at, "No location showed the new key after the update.")
	}
	return proven(at, "Read back from Qovery after the update: %s.", strings.Join(places, ", "))
}

// proveDeployed holds what was seen of each cluster against the update's time.
func (f *facts) proveDeployed() Proof {
	at, all := f.done[rotation.Deploy], len(f.latest.Deployment.Clusters)
	if !at.known() {
		return f.notReached()
	}
	var (
		deployed   int
		passedOver []string
	)
	for _, c := range f.latest.Deployment.Clusters {
		switch {
		case c.Skipped != "":
			passedOver = append(passedOver, rotation.PassedOver(c.Name, c.Skipped))
		case !c.DoneAt.IsZero() && !c.DoneAt.Before(f.latest.UpdatedAt):
			deployed++
		}
	}
	if all == 0 && f.marks[rotation.Deploy].How != rotation.Did {
		return doesNotApply("Nothing was deployed: no cluster used the key.")
	}
	if len(passedOver) == all && f.marks[rotation.Deploy].How != rotation.Did {
		return doesNotApply("Nothing was deployed: every cluster was passed over: %s.",
			words.List(passedOver, words.MostListed))
	}
	how := fmt.Sprintf("Qovery was told to deploy each cluster and seen to do so, after the update: %d of %d",
		deployed, all)
	if len(passedOver) > 0 {
		how += "; passed over: " + words.List(passedOver, words.MostListed)
	}
	if deployed > 0 && deployed+len(passedOver) == all {
		return proven(at, "%s.", how)
	}
	return notProven(at, "%s.", how)
}

// proveMoved rests on what was seen of each cluster's deployment, and on what the cluster
// itself said then that it points at.
func (f *facts) proveMoved() Proof {
	at := f.done[rotation.Deploy]
	if !at.known() {
		return f.notReached()
	}
	var moved, found, others []string
	for _, c := range f.latest.Deployment.Clusters {
		switch {
		case !c.DoneAt.IsZero():
			moved = append(moved, c.Name+" at "+clock(c.DoneAt))
		case c.Skipped == rotation.OnRole:
			found = append(found, c.Name)
		default:
			others = append(others, c.Name)
		}
	}
	how := "Pointed at the role's credentials, and seen deployed with them: " + strings.Join(moved, ", ") + "."
	if len(found) > 0 {
		how += " Found to point at them, and not deployed: " + strings.Join(found, ", ") + "."
	}
	if len(others) > 0 {
		return notProven(at, "%s Not moved, because someone changed their credentials: %s.", how, strings.Join(others, ", "))
	}
	return proven(at, "%s", how)
}

// lastDeployment is the later of the update and the last cluster's deployment.
func (f *facts) lastDeployment() time.Time {
	last := cmp.Or(f.latest.UpdatedAt, f.marks[rotation.Deploy].Done)
	for _, c := range f.latest.Deployment.Clusters {
		last = later(last, c.DoneAt)
	}
	return last
}

// proveGrace rests on what IAM listed when the clusters were deployed, and right
// before the old key was to be made Inactive; the steps go on with an Active new
// key alone.
func (f *facts) proveGrace() Proof {
	began, ended := f.grace.began, f.grace.ended
	switch {
	case len(f.latest.Leaked) > 0:
		return doesNotApply("A key leaked, and so the grace period fell away.")
	case !f.grace.known():
		return f.notReached()
	case ended.How == rotation.NotRecorded:
		return notRecorded(f.grace.fact)
	case ended.FoundGone():
		return gone(f.grace.fact, "it was to be made Inactive")
	case ended.Saw != rotation.Active:
		return notProven(f.grace.fact, "Right before the deactivation IAM listed the old key as %s.", ended.Saw)
	case began.Saw != rotation.Active:
		return notProven(f.grace.fact, "When the clusters were deployed IAM listed the old key as %s.",
			cmp.Or(began.Saw, "nothing that was recorded"))
	}
	passed, asked := ended.FirstBegun().Sub(f.grace.from), time.Duration(f.latest.Settings.GracePeriod)
	from := "last deployment"
	if began.How == rotation.NotNeeded {
		from = "update"
	}
	how := fmt.Sprintf("IAM listed both as Active at %s and at %s. "+
		"From the %s to the deactivation %s passed; %s were asked for.",
		clock(began.Done), clock(ended.FirstBegun()), from, words.Duration(passed), words.Duration(asked))
	if extended := time.Duration(f.usage.Extended); extended > 0 {
		how += fmt.Sprintf(" The period was prolonged by %s because the old key was still in use.", words.Duration(extended))
	}
	return provenFor(passed >= asked, began.Done, fact{ended.FirstBegun(), f.grace.Ref}, "%s", how)
}

func (f *facts) proveIdle() Proof {
	switch {
	case f.latest.Leaked[f.latest.OldKey] != "":
		return doesNotApply("The old key leaked, and went out of service without a wait for its disuse.")
	case !f.checked.known():
		return f.notReached()
	case f.usage.Gone:
		return gone(f.checked, "its uses were to be looked up")
	case !f.usage.Idle:
		return notProven(f.checked, "Last use: %s.", f.usage.LastUse)
	case !f.checkedBySeeing:
		return notRecorded(f.checked)
	}
	last := "No use of it is known since the new key took its place."
	if f.retires() {
		last = "No use of it is known."
	}
	if f.usage.LastUse != "" {
		last = "Last use: " + f.usage.LastUse + "."
	}
	return proven(f.checked, "CloudTrail and IAM's last-used record, whichever is later, for at least %s. %s",
		words.Duration(time.Duration(f.latest.Settings.IdleFor)), last)
}

func (f *facts) proveTakeover() Proof {
	use := f.usage.TakenOver
	switch {
	case use == nil && !f.checked.known():
		return f.notReached()
	case use == nil:
		return notProven(fact{}, "CloudTrail showed no use when it was asked. "+
			"It records management events alone, some minutes late; nothing depends on this.")
	}
	return proven(fact{use.At, f.checked.Ref}, "First use that CloudTrail tells of: %s.", use.By())
}

// proveCanary rests on what IAM listed before the canary's deployment was started
// and when it was seen to be over.
func (f *facts) proveCanary() Proof {
	verified := f.marks[rotation.Verify]
	at := verified.done()
	switch {
	case f.latest.Settings.Verification == target.VerifyNone:
		return doesNotApply("The target's verification is “none”.")
	case verified.Done.IsZero() && f.canaryFailed.known():
		return notProven(f.canaryFailed.fact, "%s.", f.canaryFailed.says)
	case verified.Done.IsZero() && f.done[rotation.Verify].known():
		return notRecorded(f.done[rotation.Verify])
	case verified.Done.IsZero():
		return f.notReached()
	case verified.How == rotation.NotRecorded:
		return notRecorded(at)
	case verified.How == rotation.NotNeeded:
		return doesNotApply("Nothing was deployed: every cluster was passed over.")
	case verified.Saw != rotation.Inactive:
		return notProven(at, "While a cluster was deployed IAM listed the old key as %s.", verified.Saw)
	}
	if deactivated := f.marks[rotation.Deactivate]; verified.FirstBegun().Before(deactivated.Done) {
		return notProven(at, "It was started at %s, before the old key was made Inactive.",
			clock(verified.FirstBegun()))
	}
	return provenFor(true, verified.FirstBegun(), at, "Canary “%s”: started %s, seen as deployed %s; "+
		"IAM listed the old key as Inactive before and after.", f.canaryName(), clock(verified.FirstBegun()),
		clock(verified.Done))
}

// canaryName is empty when the answers that named it were lost.
func (f *facts) canaryName() string {
	if f.canary.Canary == nil {
		return ""
	}
	return f.canary.Canary.Name
}

// proveObserved rests on IAM's answer to the deactivation, and on what it listed
// immediately before the first request to delete the key.
func (f *facts) proveObserved() Proof {
	began, ended := f.marks[rotation.Deactivate], f.marks[rotation.Delete]
	at := fact{ended.FirstBegun(), ended.Ref}
	switch {
	case began.FoundGone():
		return gone(began.done(), "it was to be made Inactive")
	case ended.Begun.IsZero() && f.done[rotation.Delete].known():
		return notRecorded(f.done[rotation.Delete])
	case ended.Done.IsZero():
		return f.notReached()
	case began.How == rotation.NotRecorded || ended.Saw == "":
		return notRecorded(at)
	case ended.Saw != rotation.Inactive:
		return notProven(at, "Right before the deletion IAM listed the old key as %s.", ended.Saw)
	}
	passed, asked := ended.FirstBegun().Sub(began.Done), time.Duration(f.latest.Settings.ObservationPeriod)
	return provenFor(passed >= asked, began.Done, at, "IAM took the deactivation at %s, and listed the key as Inactive "+
		"%s later, immediately before the deletion; %s were asked for.", clock(began.Done), words.Duration(passed),
		words.Duration(asked))
}

func (f *facts) proveDeleted() Proof {
	deactivated, deleted := f.marks[rotation.Deactivate], f.marks[rotation.Delete]
	at := deleted.done()
	switch {
	case deactivated.FoundGone():
		return gone(deactivated.done(), "it was to be made Inactive")
	case deleted.Begun.IsZero() && f.done[rotation.Delete].known():
		return notRecorded(f.done[rotation.Delete])
	case deleted.Done.IsZero():
		return f.notReached()
	case deleted.How == rotation.NotRecorded:
		return notRecorded(at)
	case deleted.How == rotation.Found:
		return gone(at, "it was to be deleted")
	case deleted.How == rotation.Unclear:
		return notProven(at, "IAM knew no such key when it was to be deleted: "+
			"an earlier request of this rotation, which had no answer, deleted it, or someone else did.")
	}
	return proven(at, "IAM DeleteAccessKey succeeded, "+
		"immediately after every location in Qovery was listed again and none held the old key.")
}
