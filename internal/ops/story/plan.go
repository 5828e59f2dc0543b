// The plan is what a rotation does, in the order of time: before it begins, from what a
// dry run found, and while it runs.

package story

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Phase is a part of a rotation: a state of the definition with those that it waits in,
// and of DeployClusters one wave.
type Phase struct {
	State     string         `json:"state"`
	Wave      int            `json:"wave,omitempty"`
	Takes     target.Seconds `json:"takes,omitzero"`      // zero: a moment
	Estimated bool           `json:"estimated,omitempty"` // how long it takes
	Text      string         `json:"text"`
	Items     []string       `json:"items,omitempty"`
}

// The phases of deployments: Waves, which other code asks for, and the canary's.
const (
	Waves       = "DeployClusters"
	canaryPhase = "VerifyDeployment"
)

// belongs says in which phase a state is that is none of its own.
var belongs = map[string]string{
	"IsDeployed": Waves, "WaitForDeployment": Waves, "IsVerified": canaryPhase, "WaitForVerification": canaryPhase,
	"IsIdle": "CheckUsage", "ExtendGrace": "CheckUsage", "Complete": "DeleteKey",
	"IsNextDue": "DeleteKey",
}

// PhaseOf is the name of the phase that a state belongs to.
func PhaseOf(state string) string {
	if phase, exists := belongs[state]; exists {
		return phase
	}
	return state
}

// Polls tells whether a state only decides, or waits for another look.
func Polls(state string) bool {
	return strings.HasPrefix(state, "Is") || strings.HasPrefix(state, "WaitFor") || state == "ExtendGrace"
}

// Phases are those of an execution that does the action with the target's settings. The
// document says what is known of keys, locations and clusters.
func Phases(action rotation.Action, doc rotation.Document, pace Pace) []Phase {
	p := phases{doc: doc, pace: pace, leaked: doc.Leaked[doc.OldKey]}
	switch action {
	case rotation.ActionCreate:
		p.create()
		fallthrough
	case rotation.ActionVerify:
		p.add("VerifyKey", 0, "the new key is tried until it works")
		p.update()
		p.replace()
	case rotation.ActionReactivate:
		p.add("RestoreOldKey", 0, "the old key "+doc.OldKey+" is made Active again, because it is needed")
		p.replace()
	case rotation.ActionDeploy:
		p.replace()
	case rotation.ActionDelete:
		p.delete("the old key " + doc.OldKey + " is deleted")
	case rotation.ActionAbort:
		p.add("RestoreOldKey", 0, "the old key "+doc.OldKey+" is Active, or is made so")
	case rotation.ActionMoveBack:
		p.add(Waves, 0, "every cluster that was moved is pointed back and deployed, one before the others")
	case rotation.ActionRetire:
		p.retire()
	case rotation.ActionMigrate:
		p.migrate()
	}
	return p.list
}

type phases struct {
	doc    rotation.Document
	pace   Pace
	leaked target.How // how the old key goes out of service, if it leaked
	list   []Phase
}

func (p *phases) add(state string, takes target.Duration, text string, items ...string) {
	p.list = append(p.list, Phase{State: state, Takes: target.Seconds(takes), Text: text, Items: items})
}

func (p *phases) create() {
	old := "a new key in place of " + p.doc.OldKey
	if made := p.doc.OldKeyMade; !made.IsZero() {
		old += ", which was created " + words.At(made)
	}
	p.add("CreateKey", 0, old)
}

func (p *phases) update() {
	var items []string
	locations := 0
	for _, ref := range p.doc.Plan.Locations {
		item := ref.String()
		if slices.Contains(p.doc.Settings.HandledElsewhere, ref.ID) {
			item += ": a person changes it by hand"
		} else {
			locations++
		}
		items = append(items, item)
	}
	text := "the new key into every location in Qovery"
	if locations > 0 {
		text = "the new key into " + words.Count(locations, "location") + " in Qovery"
	}
	p.add("UpdateCredentials", 0, text, items...)
}

// replace is what follows once the locations hold the new key.
func (p *phases) replace() {
	if p.leaked == target.AtOnce {
		p.deactivate()
	}
	p.deploy()
	if p.leaked == "" {
		p.grace()
	}
	if p.leaked != target.AtOnce {
		p.deactivate()
	}
	p.add("ObservationPeriod", p.doc.Settings.ObservationPeriod, p.observation())
	p.verify()
	p.delete("the old key is deleted")
}

func (p *phases) grace() {
	s := p.doc.Settings
	p.add("GracePeriod", s.GracePeriod, "both keys stay Active")
	p.add("CheckUsage", 0, fmt.Sprintf("the old key must have been unused for %s; that is waited for, %s at most",
		words.Duration(time.Duration(s.IdleFor)), words.Duration(time.Duration(s.MaxGraceExtension))))
}

func (p *phases) deactivate() { p.add("DeactivateKey", 0, "the old key goes Inactive") }

func (p *phases) observation() string {
	if p.leaked != "" {
		return "the old key stays Inactive"
	}
	return "the old key stays Inactive, and can be brought back"
}

func (p *phases) delete(text string) { p.add("DeleteKey", 0, text) }

// deploy has a phase for each wave; those of a leaked key are deployed at the same time.
func (p *phases) deploy() {
	waves := p.waves()
	for _, wave := range slices.Sorted(maps.Keys(waves)) {
		text := fmt.Sprintf("wave %d, %s", wave, words.Count(len(waves[wave]), "cluster"))
		p.list = append(p.list, Phase{Waves, wave, target.Seconds(p.pace.waveTakes(len(waves))), true, text, waves[wave]})
	}
	switch {
	case p.unknown():
		most, how := 2, "wave after wave"
		if p.leaked != "" {
			most, how = 1, "all at the same time"
		}
		p.list = append(p.list, Phase{Waves, 0, target.Seconds(p.pace.waveTakes(most)) * target.Seconds(most), true,
			"every cluster that uses the key, " + how, nil})
	case len(waves) == 0 && len(p.doc.Plan.Skipped) == 0 && p.doc.Plan.Action == rotation.ActionDryRun:
		p.add(Waves, 0, "no cluster is deployed: none uses the key")
	case len(waves) == 0:
		p.add(Waves, 0, "no cluster is deployed: every one is passed over")
	}
}

// unknown: a rotation that has begun lists the clusters when it deploys them.
func (p *phases) unknown() bool {
	return p.doc.Plan.Action != rotation.ActionDryRun && len(p.doc.Deployment.Clusters) == 0
}

// migrate has a phase for each wave, with the time for which it then runs with the role.
func (p *phases) migrate() {
	waves := p.waves()
	soak := p.doc.Settings.ObservationPeriod
	for _, wave := range slices.Sorted(maps.Keys(waves)) {
		text := fmt.Sprintf("%s pointed at the role's credentials and deployed, and observed with its environments for %s",
			words.Count(len(waves[wave]), "cluster"), words.Duration(time.Duration(soak)))
		lasts := p.pace.waveTakes(len(waves)) + time.Duration(soak)
		p.list = append(p.list, Phase{Waves, wave, target.Seconds(lasts), true, text, waves[wave]})
	}
	switch locations := p.doc.Plan.Locations; {
	case len(locations) > 0:
		p.add(Waves, 0, words.Count(len(locations), "location")+" given the role for good: there is no way back, for no one "+
			"has the key's secret", words.Strings(locations)...)
	case p.doc.Plan.Action != rotation.ActionDryRun: // which lists them
		p.add(Waves, 0, "registries and Helm repositories that hold the key are given the role for good")
	}
	p.add("Complete", 0, "no credentials that hold the key "+p.doc.OldKey+" serve a cluster; the key stays Active")
}

// waves are descriptions of the clusters that are deployed, by wave.
func (p *phases) waves() map[int][]string {
	waves := map[int][]string{}
	for _, cluster := range p.clusters() {
		waves[cluster.Wave] = append(waves[cluster.Wave], describe(cluster))
	}
	return waves
}

func (p *phases) clusters() []rotation.PlannedCluster {
	list := slices.Clone(p.doc.Plan.Clusters)
	for _, progress := range p.doc.Deployment.Clusters {
		if progress.Skipped == "" {
			list = append(list, rotation.PlannedCluster{Name: progress.Name, Wave: progress.Wave})
		}
	}
	for i := range list {
		if p.leaked != "" {
			list[i].Wave = 1
		}
	}
	return list
}

func describe(c rotation.PlannedCluster) string {
	text := c.Name
	if c.Status != "" {
		text += " (" + c.Status + ")"
	}
	if c.Undeployed {
		text += ", rolls out its saved changes"
	}
	return text
}

// verify deploys the first cluster again.
func (p *phases) verify() {
	canary := "one cluster"
	if clusters := p.clusters(); len(clusters) > 0 {
		canary = clusters[0].Name + ", the canary,"
	} else if !p.unknown() {
		return
	}
	if p.doc.Settings.Verification != target.VerifyNone {
		p.list = append(p.list, Phase{canaryPhase, 0, target.Seconds(p.pace.canaryTakes()), true,
			canary + " is deployed again without the old key", nil})
	}
}

func (p *phases) retire() {
	key := "the key " + p.doc.OldKey
	p.add("AwaitWindow", target.Duration(time.Minute), "no location may hold "+key+": that is checked twice")
	p.add("CheckUsage", 0, "it must have been unused for "+words.Duration(time.Duration(target.UnusedFor)))
	p.add("DeactivateKey", 0, key+" goes Inactive")
	p.add("ObservationPeriod", p.doc.Settings.ObservationPeriod,
		"it stays Inactive, and can be brought back")
	p.delete(key + " is deleted")
}
