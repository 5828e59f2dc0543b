package cli

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/statemachine"
)

// screenAt plays a scenario, and is what the terminal shows so long after its beginning.
func screenAt(t *testing.T, name string, after time.Duration, setup lab.Setup, width, height int) string {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	scenario, exists := lab.Find(name)
	if !exists {
		t.Fatalf("there is no scenario %s", name)
	}
	if setup.Clusters == 0 {
		setup = scenario.Setup
	}
	list := &checklist{machine: machine, pace: story.Pace{}}
	teller, until := story.NewTeller(machine), lab.Beginning.Add(after)
	_, err = scenario.Play(setup, func(w *lab.World) {
		w.OnEvent = func(run *lab.Run, event statemachine.Event) {
			if event.Time.After(until) || run != w.Runs()[0] {
				return
			}
			list.see(event, teller.Describe(event))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list.lines(until, width, height), "\n") + "\n"
}

// TestScreens holds what people see against the file.
func TestScreens(t *testing.T) {
	var all strings.Builder
	six := lab.Setup{Clusters: 6, Production: 4}
	const tall = 60
	for _, moment := range []struct {
		title, scenario string
		after           time.Duration
		setup           lab.Setup
		width, height   int
	}{
		{"the new key is tried", "plain", 5 * time.Second, six, 79, tall},
		{"the first wave is deployed", "plain", 4 * time.Minute, six, 79, tall},
		{"the same on a narrow terminal", "plain", 4 * time.Minute, six, 59, tall},
		{"the same on a wide terminal", "plain", 4 * time.Minute, six, 119, tall},
		{"the same on a terminal of fifteen lines", "plain", 4 * time.Minute, six, 79, 15},
		{"both keys are valid", "plain", 90 * time.Minute, six, 79, tall},
		{"a cluster is busy: it can't begin yet", "deployment-under-way", 3 * time.Minute, lab.Setup{}, 79, tall},
		{"the canary fails: the old key is brought back", "verification-fails", 24 * time.Hour, lab.Setup{}, 79, tall},
		{"a person stops it", "aborted-in-grace", 24 * time.Hour, lab.Setup{}, 79, tall},
		{"the key leaked", "leaked/at-once", 2 * time.Minute, lab.Setup{}, 79, tall},
		{"nothing runs that could be deployed", "every-cluster-stopped", 24 * time.Hour, lab.Setup{}, 79, tall},
		{"the new key never works", "key-never-works", 24 * time.Hour, lab.Setup{}, 79, tall},
		{"the end", "plain", 24 * time.Hour, lab.Setup{}, 79, tall},
		{"a cluster is moved", "migrate/registries", 4 * time.Minute, lab.Setup{}, 79, tall},
		{"it runs with the role", "migrate/registries", 40 * time.Minute, lab.Setup{}, 79, tall},
		{"registries are given the role", "migrate/registries", 134*time.Minute + 40*time.Second, lab.Setup{}, 79, tall},
		{"the migration is complete", "migrate/registries", 24 * time.Hour, lab.Setup{}, 79, tall},
	} {
		fmt.Fprintf(&all, "== %s\n%s\n", moment.title,
			screenAt(t, moment.scenario, moment.after, moment.setup, moment.width, moment.height))
	}
	const file = "testdata/screens.golden"
	if flag.Lookup("update").Value.String() == "true" { // the flag of the package's other tests
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != all.String() {
		t.Errorf("%s says something else (%v); -update writes it:\n%s", file, err, all.String())
	}
}

// In every story, whatever happens: the checklist fits, has a plan where clusters are
// deployed, and says in the end that nothing goes on any more.
func TestChecklistsOfAllScenarios(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	const width, height = 60, 20
	for _, scenario := range lab.Scenarios {
		lists, tellers := map[*lab.Run]*checklist{}, map[*lab.Run]*story.Teller{}
		check := func(run *lab.Run, event statemachine.Event) {
			lines := lists[run].lines(event.Time, width, height)
			shown := strings.Join(lines, "\n")
			wrong := len(lines) > height || lists[run].strayed && story.PhaseOf(event.State) == story.Waves ||
				event.Type.Ends() && strings.Contains(lists[run].marks(), goesOn)
			if event.Type.Ends() && event.Type != statemachine.ExecutionSucceeded {
				wrong = wrong || !strings.Contains(shown, failed) &&
					!strings.Contains(shown, "FAILED") && !strings.Contains(shown, "aborted, as asked")
			}
			if wrong {
				t.Errorf("%s, %s of %s:\n%s", scenario.Name, event.Type, run.Name(), shown)
			}
		}
		_, err := scenario.Play(scenario.Setup, func(w *lab.World) {
			w.OnEvent = func(run *lab.Run, event statemachine.Event) {
				if lists[run] == nil {
					lists[run], tellers[run] = &checklist{machine: machine}, story.NewTeller(machine)
				}
				lists[run].see(event, tellers[run].Describe(event))
				if event.Entered() && !story.Polls(event.State) || event.Type.Ends() {
					check(run, event)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// marks are those of the phases.
func (c *checklist) marks() (marks string) {
	for _, it := range c.begun {
		marks += strings.Fields(c.shown(it, c.ended, 80)[0])[0]
	}
	return marks
}

// A screen whose lines are counted wrongly is painted over what stood above it.
func TestClip(t *testing.T) {
	for _, row := range []struct {
		text  string
		width int
		want  string
	}{
		{"staging-1", 9, "staging-1"}, {"staging-1", 8, "staging…"}, {"本番クラスタ", 12, "本番クラスタ"},
		{"本番クラスタ", 11, "本番クラス…"}, {"本番クラスタ", 10, "本番クラ…"},
		{"e\u0301te\u0301", 3, "e\u0301te\u0301"}, {"x", 0, "…"},
	} {
		if got := clip(row.text, row.width); got != row.want {
			t.Errorf("%q in %d columns is %q, want %q", row.text, row.width, got, row.want)
		}
	}
}

// A terminal that became narrower has wrapped what was painted: more is erased.
func TestErasure(t *testing.T) {
	painted := &terminal{painted: []string{strings.Repeat("a", 79), "本番", ""}}
	for width, want := range map[int]string{80: "\r\x1b[2A\x1b[J", 40: "\r\x1b[3A\x1b[J", 3: "\r\x1b[29A\x1b[J"} {
		if got := painted.erasure(width); got != want {
			t.Errorf("at %d columns %q, want %q", width, got, want)
		}
	}
	if got := (&terminal{painted: []string{"one"}}).erasure(80); got != "\r\x1b[J" {
		t.Errorf("%q", got)
	}
}
