package report_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// past is a story whose history shows what a claim comes to.
type past struct {
	scenario string           // of the simulator
	disturb  func(*lab.World) // before anything happens; may be nil
	changed  func(t *testing.T, histories []statemachine.History) []statemachine.History
}

func (p past) proofs(t *testing.T) []report.Proof {
	t.Helper()
	scenario, found := lab.Find(p.scenario)
	if !found {
		t.Fatalf("there is no scenario %s", p.scenario)
	}
	setup := scenario.Setup
	setup.Seed = 1
	result, err := scenario.Play(setup, p.disturb)
	if err != nil {
		t.Fatal(err)
	}
	histories := historiesOf(result.World)
	if p.changed != nil {
		histories = p.changed(t, histories)
	}
	return build(t, result.World.Timeline.Now(), histories...).Rotations[0].Proofs
}

func historiesOf(w *lab.World) (histories []statemachine.History) {
	for _, run := range w.Runs() {
		histories = append(histories, statemachine.History{ARN: run.ARN(), Events: run.History()})
	}
	return histories
}

// until is a scenario's history up to the first entry of a state.
func until(scenario, state string) past {
	return past{scenario: scenario, changed: func(_ *testing.T, histories []statemachine.History) []statemachine.History {
		for i, event := range histories[0].Events {
			if event.Entered() && event.State == state {
				histories[0].Events = histories[0].Events[:i]
				break
			}
		}
		return histories[:1]
	}}
}

// rewritten is a scenario's history with other documents in it.
func rewritten(scenario string, change func(*rotation.Document)) past {
	return past{scenario: scenario, changed: func(t *testing.T, histories []statemachine.History) []statemachine.History {
		for _, history := range histories {
			for i, event := range history.Events {
				if len(event.Output) == 0 {
					continue
				}
				var doc rotation.Document
				if err := json.Unmarshal(event.Output, &doc); err != nil {
					t.Fatal(err)
				}
				change(&doc)
				written, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				history.Events[i].Output = written
			}
		}
		return histories
	}}
}

// ofTheFirstEdition is without the marks that the first edition's documents did not have.
func ofTheFirstEdition(scenario string) past {
	return rewritten(scenario, func(doc *rotation.Document) { doc.Marks = nil })
}

// unrecorded is without how effects' goals were reached, as where an earlier version began
// the record.
func unrecorded() past {
	return rewritten("plain", func(doc *rotation.Document) {
		for effect, mark := range doc.Marks {
			mark.How = rotation.NotRecorded
			doc.Marks[effect] = mark
		}
	})
}

// seenInactive: the old key was, before the rotation deactivated it.
func seenInactive() past {
	return rewritten("plain", func(doc *rotation.Document) {
		if mark, exists := doc.Marks[rotation.Deactivate]; exists {
			mark.Saw = rotation.Inactive
			doc.Marks[rotation.Deactivate] = mark
		}
	})
}

// hurried: the target asks for longer periods than the rotation waited.
func hurried() past {
	return rewritten("plain", func(doc *rotation.Document) {
		const longer = target.Duration(24 * time.Hour)
		doc.Settings.GracePeriod, doc.Settings.ObservationPeriod = longer, longer
	})
}

// halfDeployed: of one cluster it was not seen that its deployment was over.
func halfDeployed() past {
	return rewritten("plain", func(doc *rotation.Document) {
		if clusters := doc.Deployment.Clusters; len(clusters) > 0 {
			clusters[0].DoneAt = time.Time{}
		}
	})
}

func plain() past { return past{scenario: "plain"} }

// failing is the plain rotation where the n-th call of a site goes wrong.
func failing(site string, n int, kind lab.FaultKind) past {
	return past{scenario: "plain", disturb: func(w *lab.World) {
		w.Wire.Injector = func(call lab.Call) lab.Fault {
			if call.Site == site && call.N == n {
				return lab.Fault{Kind: kind}
			}
			return lab.Fault{}
		}
	}}
}

// byHand is the plain rotation where a person deletes the old key when a state is
// entered for the first time.
func byHand(state string) past {
	return past{scenario: "plain", disturb: func(w *lab.World) {
		done := false
		entering(w, state, func() {
			if !done {
				w.IAM.DeleteByHand(lab.UserName, w.OldKey.ID)
			}
			done = true
		})
	}}
}

func entering(w *lab.World, state string, act func()) {
	w.OnEvent = func(_ *lab.Run, event statemachine.Event) {
		if event.Entered() && event.State == state {
			act()
		}
	}
}

func configured(scenario string, change func(*target.Target)) past {
	return past{scenario: scenario, disturb: func(w *lab.World) {
		change(&w.Target)
		document, err := json.Marshal(w.Target)
		if err != nil {
			panic(err)
		}
		w.SSM.SetTarget(w.Target.Name, document)
	}}
}

// The answers that claims can have.
const (
	yes       = report.IsProven
	no        = report.NotProven
	pointless = report.DoesNotApply
)

const (
	foundGone = "IAM knew no such key"
	givenUp   = "The rotation was given up"
	old       = "did not record what it saw"
	notYet    = "has not come to this"
)

// shown is an answer, in a history that shows it, with words of what is said of it.
type shown struct {
	answer report.Proven
	past   past
	says   string
}

// walked are histories for every answer that each claim can have.
var walked = map[report.Claim][]shown{
	report.KeyWorks: {
		{yes, plain(), "three times in a row"},
		{yes, ofTheFirstEdition("plain"), "three times in a row"},
		{no, until("plain", "VerifyKey"), notYet},
		{pointless, past{scenario: "key-never-works"}, givenUp},
	},
	report.LocationsUpdated: {
		{yes, past{scenario: "helm-repository"}, "AWS credentials"},
		{no, until("plain", "UpdateCredentials"), notYet},
		{no, past{scenario: "aborted-in-grace", changed: lastAlone}, "the history of the execution that did it was not read"},
		{no, losingALocation(), "did not list these any more: charts"},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.ClustersDeployed: {
		{yes, plain(), "2 of 2"},
		{yes, past{scenario: "stopped-cluster"}, "2 of 3; passed over: staging-1 (STOPPED)"},
		{yes, past{scenario: "cluster-handled-elsewhere"},
			"1 of 2; passed over: staging-1 (handled elsewhere, not deployed)"},
		{no, halfDeployed(), "1 of 2"},
		{no, past{scenario: "redriven-after-takeover", changed: firstAlone}, notYet},
		{no, until("plain", "DeployClusters"), notYet},
		{pointless, past{scenario: "every-cluster-stopped"}, "Nothing was deployed"},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.GraceKept: {
		{yes, plain(), "2 h passed; 2 h were asked for"},
		{yes, past{scenario: "every-cluster-stopped"}, "From the update to the deactivation"},
		{yes, failing("iam.UpdateAccessKey", 1, lab.FailAfter), "IAM listed both as Active"},
		{no, until("plain", "GracePeriod"), notYet},
		{no, past{scenario: "old-key-deleted-by-hand"}, foundGone},
		{no, byHand("DeployClusters"), foundGone + " when the clusters were deployed"},
		{no, hurried(), "2 h passed; 1 day were asked for"},
		{no, seenInactive(), "Right before the deactivation IAM listed"},
		{no, unrecorded(), old},
		{no, ofTheFirstEdition("plain"), old},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.OldKeyIdle: {
		{yes, plain(), "CloudTrail and IAM's last-used record"},
		{no, past{scenario: "old-key-in-use"}, "Last use: "},
		{no, past{scenario: "old-key-deleted-by-hand"}, foundGone + " when its uses were to be looked up"},
		{no, ofTheFirstEdition("plain"), old},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.NewKeyUsed: {
		{yes, plain(), "eks in eu-west-3"},
		{no, past{scenario: "every-cluster-stopped"}, "CloudTrail showed no use"},
		{no, until("plain", "CheckUsage"), notYet},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.CanaryDeployed: {
		{yes, plain(), "listed the old key as Inactive before and after"},
		{no, past{scenario: "verification-fails"}, "AuthFailure"},
		{no, past{scenario: "old-key-deleted-by-hand"}, "listed the old key as gone"},
		{no, byHand("VerifyDeployment"), "listed the old key as gone"},
		{no, until("plain", "VerifyDeployment"), notYet},
		{no, unrecorded(), old},
		{no, ofTheFirstEdition("plain"), old},
		{pointless, past{scenario: "every-cluster-stopped"}, "Nothing was deployed"},
		{pointless, configured("plain", func(t *target.Target) {
			t.Verification = target.VerifyNone
		}), "verification is “none”"},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.ObservationKept: {
		{yes, plain(), "38 min 11 s later"},
		{yes, failing("iam.UpdateAccessKey", 1, lab.FailAfter), "listed the key as Inactive"},
		{yes, past{scenario: "leaked/inactive-already"}, "listed the key as Inactive"},
		{yes, failing("iam.DeleteAccessKey", 1, lab.FailAfter), "listed the key as Inactive"},
		{no, past{scenario: "old-key-deleted-by-hand"}, foundGone},
		{no, byHand("DeleteKey"), "listed the old key as gone"},
		{no, until("plain", "DeleteKey"), notYet},
		{no, past{scenario: "verification-fails"}, "made Active again"},
		{no, hurried(), "later, immediately before the deletion; 1 day were asked for"},
		{no, unrecorded(), old},
		{no, ofTheFirstEdition("plain"), old},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
	report.OldKeyDeleted: {
		{yes, plain(), "IAM DeleteAccessKey succeeded"},
		{yes, failing("iam.DeleteAccessKey", 1, lab.FailBefore), "IAM DeleteAccessKey succeeded"},
		{yes, past{scenario: "leaked/inactive-already"}, "IAM DeleteAccessKey succeeded"},
		{no, failing("iam.DeleteAccessKey", 1, lab.FailAfter), "an earlier request of this rotation"},
		{no, past{scenario: "old-key-deleted-by-hand"}, foundGone},
		{no, byHand("DeleteKey"), foundGone + " when it was to be deleted"},
		{no, until("plain", "DeleteKey"), notYet},
		{no, unrecorded(), old},
		{no, ofTheFirstEdition("plain"), old},
		{pointless, past{scenario: "update-refused"}, givenUp},
	},
}

// losingALocation is the plain rotation with a location that Qovery does not list
// any more when the update comes.
func losingALocation() past {
	return past{scenario: "plain", disturb: func(w *lab.World) {
		entering(w, "UpdateCredentials", func() {
			record := w.Journal.Current(lab.UserName)
			record.Locations = append(record.Locations,
				rotation.LocationRef{Kind: rotation.HelmRepository, ID: "h", Name: "charts"})
			record.Revision++
			if err := w.Journal.Save(context.Background(), *record); err != nil {
				panic(err)
			}
		})
	}}
}

// firstAlone is the history of the first execution, without those after it.
func firstAlone(_ *testing.T, histories []statemachine.History) []statemachine.History {
	return histories[:1]
}

// lastAlone is the history of the last execution, without those before it.
func lastAlone(_ *testing.T, histories []statemachine.History) []statemachine.History {
	return histories[len(histories)-1:]
}

// TestEveryProof: each claim has each of its answers, in a history that shows it.
func TestEveryProof(t *testing.T) {
	answers := []report.Proven{yes, no, pointless}
	for _, proof := range plain().proofs(t) {
		for _, answer := range answers {
			rows := walked[proof.Claim]
			if !slices.ContainsFunc(rows, func(row shown) bool { return row.answer == answer }) {
				t.Errorf("no history shows that %q is %s", proof.Claim, answer)
			}
		}
	}
	for claim, rows := range walked {
		for _, row := range rows {
			proofs := row.past.proofs(t)
			i := slices.IndexFunc(proofs, func(p report.Proof) bool { return p.Claim == claim })
			if i < 0 {
				t.Fatalf("nothing is said of %q", claim)
			}
			proof := proofs[i]
			if proof.Proven != row.answer || !strings.Contains(proof.How, row.says) || proof.How == "" {
				t.Errorf("%s: %q is %s (%s), want %s (%s)", row.past.scenario, claim, proof.Proven, proof.How, row.answer, row.says)
			}
			if proof.Proven == yes && (proof.Ref == nil || proof.At.IsZero()) {
				t.Errorf("%s: where or when %q was observed is not said: %+v", row.past.scenario, claim, proof)
			}
		}
	}
}

// No scenario comes to an answer that is not walked, and each says why.
func TestNoOtherAnswers(t *testing.T) {
	for _, scenario := range lab.Scenarios {
		result, histories := play(t, scenario.Name)
		for _, r := range build(t, result.World.Timeline.Now(), histories...).Rotations {
			for _, proof := range r.Proofs {
				if !slices.Contains([]report.Proven{yes, no, pointless}, proof.Proven) || proof.How == "" {
					t.Errorf("%s: %q is %q, because %q", scenario.Name, proof.Claim, proof.Proven, proof.How)
				}
			}
		}
	}
}
