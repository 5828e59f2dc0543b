package explorer

import (
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/statemachine"
)

// playedTo plays a schedule and returns the truth about its first rotation, as the
// report tells of it.
func playedTo(t *testing.T, text string) truth {
	t.Helper()
	schedule, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var played *player
	if _, err := play(schedule, nil, func(p *player) { played = p }); err != nil {
		t.Fatal(err)
	}
	var histories []statemachine.History
	for _, run := range played.Runs() {
		histories = append(histories, statemachine.History{ARN: run.ARN(), Events: run.History()})
	}
	evidence, err := report.Build(histories, played.Timeline.Now(), "a test")
	if err != nil {
		t.Fatal(err)
	}
	return played.truth(evidence.Rotations[0])
}

// The world contradicts no proof of a plain rotation, and each as soon as it is
// said to have been observed at a time when it was not so.
func TestContradictions(t *testing.T) {
	held := testContradictions(t, "registries:") + testContradictions(t, "migrate:")
	if held != len(contradictions) {
		t.Errorf("%d proofs, and %d are held against the world", held, len(contradictions))
	}
	if byHand := playedTo(t, "one: GracePeriod#1 delete-old"); !contradictions[report.OldKeyDeleted](byHand,
		report.Proof{}) {
		t.Error("a person deleted the old key, and that this rotation did is not contradicted")
	}
}

func testContradictions(t *testing.T, schedule string) (proofs int) {
	truth := playedTo(t, schedule)
	for _, proof := range truth.Proofs {
		contradicted := contradictions[proof.Claim]
		if proof.Proven != report.IsProven || contradicted == nil {
			t.Fatalf("%q is %s", proof.Claim, proof.Proven)
		}
		if contradicted(truth, proof) {
			t.Errorf("%q is contradicted", proof.Claim)
		}
		early := proof
		early.From, early.At, early.Ref = lab.Beginning, lab.Beginning, &report.Ref{}
		if !contradicted(truth, early) && proof.Claim != report.OldKeyDeleted {
			t.Errorf("%q is not contradicted before anything was begun", proof.Claim)
		}
	}
	return len(truth.Proofs)
}

// What the report says of the old key's end is held against what it was.
func TestJudgeOldKey(t *testing.T) {
	at := lab.Beginning.Add(9 * time.Hour)
	for name, test := range map[string]struct {
		schedule string
		told     report.Key
		wrong    int
	}{
		"deleted, and it was":          {"one:", report.Key{DeletedAt: at}, 0},
		"deleted, and a person did it": {"one: GracePeriod#1 delete-old", report.Key{DeletedAt: at}, 1},
		"gone, and it was":             {"one: GracePeriod#1 delete-old", report.Key{GoneBy: at}, 0},
		"gone before it was":           {"one: GracePeriod#1 delete-old", report.Key{GoneBy: lab.Beginning}, 1},
		"seen when it was gone":        {"one: GracePeriod#1 delete-old", report.Key{SeenAt: at, GoneBy: at}, 1},
	} {
		truth := playedTo(t, test.schedule)
		before := len(truth.result.Wrong)
		truth.judgeOldKey(test.told)
		if wrong := len(truth.result.Wrong) - before; wrong != test.wrong {
			t.Errorf("%s: %d things are wrong, want %d: %q", name, wrong, test.wrong, truth.result.Wrong)
		}
	}
}
