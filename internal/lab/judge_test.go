package lab

import (
	"context"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

func newTestWorld(t *testing.T) *World {
	t.Helper()
	w, err := NewWorld(Setup{Clusters: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Timeline.Close)
	return w
}

// step runs something as a process that is not a person.
func (w *World) step(f func(context.Context)) {
	w.Timeline.RunUntilDone(w.Timeline.Go("rotation/DeleteKey", func() { f(context.Background()) }))
}

func (w *World) requireViolation(t *testing.T, part string) {
	t.Helper()
	if all := strings.Join(w.Judge.Violations, "\n"); !strings.Contains(all, part) {
		t.Errorf("the judge did not see that a key %s; it saw %q", part, all)
	}
}

func TestJudgeSeesFailedAuthentications(t *testing.T) {
	w := newTestWorld(t)
	w.Timeline.RunUntil(Beginning.Add(10 * time.Minute))
	if w.Judge.Refusals != 0 {
		t.Fatalf("%d refusals in a world that is well", w.Judge.Refusals)
	}
	w.IAM.DeleteByHand(UserName, w.OldKey.ID)
	w.Timeline.RunUntil(Beginning.Add(15 * time.Minute))
	if w.Judge.Refusals < 5 {
		t.Errorf("%d refusals in five minutes without the key", w.Judge.Refusals)
	}
	if len(w.Judge.Violations) != 0 {
		t.Errorf("a person's act is a violation: %q", w.Judge.Violations)
	}
}

// TestJudgeSeesRefusalsAnew: that a person deactivated a key once does not hide who
// is refused when somebody else does it later.
func TestJudgeSeesRefusalsAnew(t *testing.T) {
	w := newTestWorld(t)
	w.Timeline.RunUntil(Beginning.Add(10 * time.Minute))
	w.byHand(w.IAM.SetStatusByHand(UserName, w.OldKey.ID, rotation.Inactive))
	w.Timeline.RunUntil(Beginning.Add(20 * time.Minute))
	first := len(w.Judge.Refused)
	w.byHand(w.IAM.SetStatusByHand(UserName, w.OldKey.ID, rotation.Active))
	w.Timeline.RunUntil(Beginning.Add(30 * time.Minute))
	if again := len(w.Judge.Refused); first == 0 || again != first {
		t.Fatalf("%d refusals are told of while the key was Inactive, and then %d", first, again)
	}
	w.step(func(ctx context.Context) {
		w.byHand(w.IAM.SetStatus(ctx, UserName, w.OldKey.ID, rotation.Inactive))
		w.Sleep(10 * time.Minute)
	})
	if again := len(w.Judge.Refused); again != 2*first {
		t.Errorf("%d refusals are told of, and %d when the rotation does the same", first, again)
	}
}

func TestJudgeSeesKeysThatAreTakenAway(t *testing.T) {
	w := newTestWorld(t)
	w.Timeline.RunUntil(Beginning.Add(10 * time.Minute))
	w.step(func(ctx context.Context) {
		w.byHand(w.IAM.SetStatus(ctx, UserName, w.OldKey.ID, rotation.Inactive))
		_, err := w.IAM.Delete(ctx, UserName, w.OldKey.ID)
		w.byHand(err)
	})
	w.requireViolation(t, "deactivated the key "+w.OldKey.ID.String()+", which AWS credentials")
	w.requireViolation(t, "deleted the key "+w.OldKey.ID.String()+", which cluster staging-1 uses")
}

func TestJudgeSeesDeletionsThatAreTooEarly(t *testing.T) {
	w := newTestWorld(t)
	w.Timeline.RunUntil(Beginning.Add(10 * time.Minute))
	w.step(func(ctx context.Context) {
		key, err := w.IAM.Create(ctx, UserName)
		w.byHand(err)
		w.Qovery.SetKey(CredentialsID, fakeKey(key))
		w.Sleep(time.Hour)
		_, err = w.IAM.Delete(ctx, UserName, w.OldKey.ID)
		w.byHand(err)
	})
	w.requireViolation(t, "deleted the key "+w.OldKey.ID.String()+" only 1h0m0s after")
}

func TestJudgeSeesCodesOutsideTheTable(t *testing.T) {
	w := newTestWorld(t)
	w.Judge.raised("VerifyKey", fault.NewKeyUnusable)
	if len(w.Judge.Violations) != 0 {
		t.Fatalf("a code of the table is a violation: %q", w.Judge.Violations)
	}
	w.Judge.raised("VerifyKey", fault.UpdateRefused)
	if len(w.Judge.Violations) != 1 {
		t.Errorf("VerifyKey raised UpdateRefused, and the judge saw %q", w.Judge.Violations)
	}
}

// TestLeaksAreFound plants a secret in each place that is searched.
func TestLeaksAreFound(t *testing.T) {
	plant := map[string]func(w *World, secret string){
		"the logs": func(w *World, secret string) { w.logs.WriteString("{\"msg\":\"" + secret + "\"}\n") },
		"the journal": func(w *World, secret string) {
			w.byHand(w.Journal.Save(t.Context(), rotation.Record{Revision: 1, Owner: secret}))
		},
		"the history of leaky": func(w *World, secret string) {
			run, err := w.Start("leaky", `{"target": "`+secret+`"}`)
			w.byHand(err)
			w.Timeline.RunUntilDone(run.process)
		},
	}
	for where, put := range plant {
		for _, secret := range []string{"token", "key"} {
			w := newTestWorld(t)
			if leaks := w.Judge.Leaks(); len(leaks) != 0 {
				t.Fatalf("leaks in a new world: %q", leaks)
			}
			value := map[string]string{"token": w.token, "key": w.OldKey.Secret.Reveal()}[secret]
			put(w, value)
			if leaks := w.Judge.Leaks(); len(leaks) != 1 || !strings.HasSuffix(leaks[0], "is in "+where) {
				t.Errorf("a %s in %s: found %q", secret, where, leaks)
			}
		}
	}
	w := newTestWorld(t)
	if leaks := w.Judge.Leaks([]byte("..." + w.token + "...")); len(leaks) != 1 {
		t.Errorf("a token in an output: found %q", leaks)
	}
}

// TestSameSeedSameStory: a story can be told again.
func TestSameSeedSameStory(t *testing.T) {
	tell := func(seed uint64) string {
		var story strings.Builder
		scenario, _ := Find("long-application-deployments")
		setup := scenario.Setup
		setup.Seed = seed
		_, err := scenario.Play(setup, func(w *World) {
			w.Tell(func(line Line) {
				story.WriteString(line.At.Format(time.RFC3339Nano) + " " + line.State + " " + line.Text + "\n")
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		return story.String()
	}
	first := tell(4)
	if again := tell(4); again != first {
		t.Errorf("the same seed told two stories:\n%s\n%s", first, again)
	}
	if other := tell(5); other == first {
		t.Error("another seed told the same story")
	}
}

func TestScenariosHaveNamesAndSentences(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scenarios {
		if s.Name == "" || seen[s.Name] || !strings.HasSuffix(s.Sentence, ".") || s.Ends() == "" {
			t.Errorf("scenario %q: %q ends with %q", s.Name, s.Sentence, s.Ends())
		}
		seen[s.Name] = true
	}
	if Scenarios[0].Name != "plain" {
		t.Error("the plain scenario is not the first")
	}
}

// TestJudgeSeesFailedPulls: a rotation that does not know of registries succeeds
// by its own account, and breaks image pulls.
func TestJudgeSeesFailedPulls(t *testing.T) {
	scenario, _ := Find("registry-with-cluster")
	setup := scenario.Setup
	if result, err := scenario.Play(setup, nil); err != nil || result.World.Judge.Refusals != 0 {
		t.Fatalf("with the registries: %v, %d refusals", err, result.World.Judge.Refusals)
	}
	setup.Through = BlindTo(rotation.ContainerRegistry)
	// The pulls use the old key, so the usage check would hold the rotation: this
	// one does not look.
	setup.Target = func(t *target.Target) { t.Verification = target.VerifyNone }
	result, err := scenario.Play(setup, func(w *World) {
		w.Trail.Lag, w.IAM.Settling.Usage = 365*24*time.Hour, 365*24*time.Hour
	})
	if err != nil {
		t.Fatal(err)
	}
	judge := result.World.Judge
	if judge.Refusals == 0 || !strings.HasPrefix(judge.Refused[0].Consumer, "image pulls") {
		t.Errorf("%s: %d refusals: %v", result.Outcome, judge.Refusals, judge.Refused)
	}
	result.World.requireViolation(t, "deactivated the key "+result.World.OldKey.ID.String()+", which container registry")
}
