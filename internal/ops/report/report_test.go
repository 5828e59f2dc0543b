package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/test/rotationtest"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

// play plays a scenario, and returns what its executions left.
func play(t *testing.T, name string) (lab.Result, []statemachine.History) {
	t.Helper()
	scenario, found := lab.Find(name)
	if !found {
		t.Fatalf("there is no scenario %s", name)
	}
	setup := scenario.Setup
	setup.Seed = 1
	result, err := scenario.Play(setup, nil)
	if err != nil {
		t.Fatal(err)
	}
	var histories []statemachine.History
	for _, run := range result.World.Runs() {
		histories = append(histories, statemachine.History{ARN: run.ARN(), Events: run.History()})
	}
	return result, histories
}

func build(t *testing.T, asOf time.Time, histories ...statemachine.History) report.Report {
	t.Helper()
	built, err := report.Build(histories, asOf, "a test")
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func html(t *testing.T, r report.Report) string {
	t.Helper()
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func jsonText(t *testing.T, r report.Report) string {
	t.Helper()
	var text bytes.Buffer
	if err := words.WriteJSON(&text, r, "  "); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"plain", "verification-fails", "partial-update", "two-keys", "dry-run",
		"old-key-deleted-by-hand", "every-cluster-stopped"} {
		t.Run(name, func(t *testing.T) {
			result, histories := play(t, name)
			built := build(t, result.World.Timeline.Now(), histories...)
			requireGolden(t, name+".html", unstyled(t, html(t, built)))
			requireGolden(t, name+".json", jsonText(t, built))
		})
	}
}

// unstyled is the page without its style sheet, which all pages carry whole.
func unstyled(t *testing.T, page string) string {
	t.Helper()
	var sheet strings.Builder
	for _, name := range []string{"light.css", "dark.css", "page.css", "chart.css"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sheet.Write(text)
	}
	head, rest, _ := strings.Cut(page, "<style>")
	style, rest, found := strings.Cut(rest, "</style>")
	for rule := range strings.Lines(sheet.String()) {
		if !found || !strings.Contains(style, rule) {
			t.Fatalf("the page has no rule %q", rule)
		}
	}
	return head + "<style></style>" + rest
}

// The pictures in README.md are of the rotation that 'make demo' plays.
func TestPicture(t *testing.T) {
	result, histories := play(t, "plain")
	built := build(t, result.World.Timeline.Now(), histories...)
	for name, dark := range map[string]bool{"light": false, "dark": true} {
		var picture bytes.Buffer
		if err := built.WritePicture(&picture, dark); err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(picture.Bytes(), new(struct{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		requireGolden(t, "../../../../docs/rotation-"+name+".svg", picture.String())
	}
}

func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is written now ('go test ./internal/ops/report -update' writes it anew, 'git diff' shows "+
			"the difference)", path)
	}
}

var (
	// reference is anything that makes a browser fetch something.
	reference = regexp.MustCompile(
		`(?i)<(script|link|img|iframe|object|embed|base|audio|video|source|use|image|form)\b|` +
			`\b(src|href|srcset|action|poster|data)\s*=|` +
			`@import|@font-face|url\((?:[^#]|#[^h])|http-equiv|\bon\w+\s*=`)
	wholeKey = regexp.MustCompile(`A(KIA|SIA)[A-Z0-9]{12,}`)
	unknown  = regexp.MustCompile(`ZgotmplZ|<no value>|%!|0001-01-01`)
)

// Every scenario's report stands by itself, shows nothing that is secret, and says
// of the keys what the simulated IAM says.
func TestEveryScenario(t *testing.T) {
	for _, scenario := range lab.Scenarios {
		if strings.Contains(scenario.Name, "/") {
			continue // some of these go through two rotations
		}
		t.Run(scenario.Name, func(t *testing.T) {
			result, histories := play(t, scenario.Name)
			built := build(t, result.World.Timeline.Now(), histories...)
			page, data := html(t, built), jsonText(t, built)
			if found := reference.FindString(page); found != "" {
				t.Errorf("the page refers to something outside of it, or runs something: %q", found)
			}
			for _, text := range []string{page, data} {
				if found := wholeKey.FindString(text); found != "" {
					t.Errorf("a whole key id is shown: %s", found)
				}
				if found := unknown.FindString(text); found != "" {
					t.Errorf("something has no value: %s", found)
				}
			}
			if leaks := result.World.Judge.Leaks([]byte(page), []byte(data)); len(leaks) > 0 {
				t.Errorf("leaks: %s", leaks)
			}
			for _, sentences := range said(built) {
				if wrong := rotationtest.Wrong(sentences); wrong != "" {
					t.Errorf("%s in %q", wrong, sentences)
				}
			}
			if len(built.Executions) != len(histories) {
				t.Errorf("%d executions, want %d", len(built.Executions), len(histories))
			}
			requireLives(t, result.Report(scenario.Name), built)
		})
	}
}

// said is what a report says in whole sentences.
func said(r report.Report) (lines []string) {
	for _, execution := range r.Executions {
		lines = append(lines, execution.Cause)
	}
	for _, rotation := range r.Rotations {
		lines = append(lines, rotation.Says)
		for _, proof := range rotation.Proofs {
			lines = append(lines, proof.How)
		}
	}
	return lines
}

// requireLives holds the lives of the keys against what IAM did. A rotation's
// histories don't tell what people did by hand.
func requireLives(t *testing.T, truth lab.Report, built report.Report) {
	t.Helper()
	lives := map[string]lab.KeyReport{}
	for _, key := range truth.Keys {
		lives[key.Key] = key
	}
	for _, r := range built.Rotations {
		for _, key := range r.Keys {
			life, exists := lives[key.ID]
			if !exists {
				t.Fatalf("IAM never had a key %s", key.ID)
			}
			near(t, key.ID+" created", key.CreatedAt, life.CreatedAt)
			if key.Status() == "gone" {
				if life.Status != "deleted" || life.DeletedAt.Before(key.SeenAt) || life.DeletedAt.After(key.GoneBy) {
					t.Errorf("%s was seen at %s and found gone at %s, and was deleted %s", key.ID, key.SeenAt, key.GoneBy,
						life.DeletedAt)
				}
				continue
			}
			if last := &built.Rotations[len(built.Rotations)-1]; last.ID == r.ID || key.Role == "old" {
				near(t, key.ID+" deleted", key.DeletedAt, life.DeletedAt)
				if status := key.Status(); status != life.Status {
					t.Errorf("%s is %s, want %s", key.ID, status, life.Status)
				}
			}
			if !life.InactiveAt.IsZero() && key.Role == "old" {
				near(t, key.ID+" Inactive", key.ActiveUntil(), life.InactiveAt)
			}
		}
	}
}

func near(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if d := got.Sub(want).Abs(); d > 10*time.Second { // the state's end, not the effect's
		t.Errorf("%s at %s, want %s", what, got, want)
	}
}

// What a rotation came to, by what each scenario is about.
func TestOutcomes(t *testing.T) {
	for scenario, want := range map[string]struct {
		rotation   report.Outcome // of the first; "" when none was begun
		executions string
	}{
		"plain":                    {report.Completed, "completed"},
		"key-never-works":          {report.Discarded, "discarded"},
		"update-refused":           {report.Discarded, "discarded"},
		"old-key-in-use":           {report.Paused, "paused"},
		"verification-fails":       {report.Paused, "paused"},
		"abort-while-inactive":     {report.Paused, "stopped paused"},
		"aborted-in-grace":         {report.Completed, "stopped completed"},
		"invalid-credentials":      {report.Completed, "paused completed"},
		"redriven-after-takeover":  {report.Completed, "paused completed"},
		"second-execution":         {report.Completed, "completed passed"},
		"two-keys":                 {"", "refused"},
		"dry-run":                  {"", "planned"},
		"deployment-keeps-failing": {report.Completed, "completed"},
	} {
		t.Run(scenario, func(t *testing.T) {
			result, histories := play(t, scenario)
			built := build(t, result.World.Timeline.Now(), histories...)
			var executions []string
			for _, e := range built.Executions {
				executions = append(executions, string(e.Outcome))
			}
			if got := strings.Join(executions, " "); got != want.executions {
				t.Errorf("executions %s, want %s", got, want.executions)
			}
			switch {
			case want.rotation == "" && len(built.Rotations) > 0:
				t.Errorf("a rotation was begun: %s", built.Rotations[0].Says)
			case want.rotation != "" && built.Rotations[0].Outcome != want.rotation:
				t.Errorf("the rotation is %s, want %s", built.Rotations[0].Outcome, want.rotation)
			}
		})
	}
}

// A history may be read at any moment. What has not happened is not proven.
func TestRunning(t *testing.T) {
	result, histories := play(t, "plain")
	all := histories[0].Events
	whole := build(t, result.World.Timeline.Now(), histories...).Rotations[0]
	proven := 0
	for n := 1; n < len(all); n++ {
		history := statemachine.History{ARN: histories[0].ARN, Events: all[:n]}
		built := build(t, all[n-1].Time, history)
		if got := built.Executions[0].Outcome; got != report.Running {
			t.Fatalf("after %d events it is %s", n, got)
		}
		if len(built.Rotations) == 0 {
			continue
		}
		r, now := built.Rotations[0], 0
		for i, proof := range r.Proofs {
			if proof.Proven != report.IsProven {
				continue
			}
			now++
			if proof.At.After(all[n-1].Time) {
				t.Fatalf("after %d events, at %s, it is proven that at %s: %s", n, all[n-1].Time, proof.At, proof.Claim)
			}
			if proof != whole.Proofs[i] && !sameProof(proof, whole.Proofs[i]) {
				t.Fatalf("after %d events the proof is %+v, and in the end %+v", n, proof, whole.Proofs[i])
			}
		}
		if now < proven {
			t.Fatalf("after %d events %d claims are proven, and %d before", n, now, proven)
		}
		proven = now
		if page := html(t, built); !strings.Contains(page, `>running</span>`) {
			t.Fatal("the page does not say that it is running")
		}
	}
	if proven != len(whole.Proofs) {
		t.Errorf("%d claims are proven in the end, want %d", proven, len(whole.Proofs))
	}
}

func sameProof(a, b report.Proof) bool {
	return a.Claim == b.Claim && a.Proven == b.Proven && a.How == b.How && a.At.Equal(b.At) && *a.Ref == *b.Ref
}

// The second half of an interrupted rotation says that it is one.
func TestEarlierHistoryMissing(t *testing.T) {
	result, histories := play(t, "aborted-in-grace")
	built := build(t, result.World.Timeline.Now(), histories[1])
	r := built.Rotations[0]
	if !r.Incomplete || !strings.Contains(html(t, built), "<strong>Incomplete.</strong>") {
		t.Error("it does not say that an execution is missing")
	}
	if p := r.Proofs[1]; p.Proven != report.NotProven {
		t.Errorf("%s: %s, although the history that shows it is missing", p.Claim, p.Proven)
	}
	if r.Keys[1].CreatedAt.IsZero() {
		t.Error("the summary's time of the new key's creation is not taken over")
	}
	whole := build(t, result.World.Timeline.Now(), histories[1], histories[0]) // in any order
	if whole.Rotations[0].Incomplete || whole.Rotations[0].Proofs[1].Proven != report.IsProven {
		t.Error("with both histories it is not whole")
	}
}

// What others wrote is shown as text, and never as a whole key id.
func TestForeignWords(t *testing.T) {
	at := time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)
	cause, err := json.Marshal(map[string]string{"errorType": "AccessDenied",
		"errorMessage": `<script>alert("AKIAIOSFODNN7EXAMPLE")</script>`})
	if err != nil {
		t.Fatal(err)
	}
	built := build(t, at,
		statemachine.History{ARN: "arn:aws:states:eu-west-3:123456789012:execution:rotation:one",
			Events: []statemachine.Event{
				{ID: 1, Time: at, Type: statemachine.ExecutionStarted, Input: json.RawMessage(`{"target":"production"}`)},
				{ID: 2, Time: at, Type: "TaskStateEntered", State: "Preflight"},
				{ID: 3, Time: at, Type: statemachine.TaskScheduled, State: "Preflight"},
				{ID: 4, Time: at, Type: statemachine.TaskFailed, State: "Preflight", Error: "AccessDenied", Cause: string(cause)},
				{ID: 5, Time: at, Type: statemachine.ExecutionFailed, Error: "AccessDenied", Cause: string(cause)},
			}})
	page := html(t, built)
	if !strings.Contains(page, `&lt;script&gt;alert(&#34;****MPLE&#34;)`) {
		t.Error("the message is not shown as it should be")
	}
	if strings.Contains(page, "<script") || strings.Contains(page+jsonText(t, built), "AKIAIOSFODNN7EXAMPLE") {
		t.Error("the message gets through as it is")
	}
	if built.Executions[0].Outcome != report.Refused {
		t.Errorf("it is %s", built.Executions[0].Outcome)
	}
}

func TestUnreadableHistory(t *testing.T) {
	at := time.Now()
	start := statemachine.Event{ID: 1, Time: at, Type: statemachine.ExecutionStarted}
	for want, events := range map[string][]statemachine.Event{
		"does not begin with its start": {{ID: 1, Time: at, Type: "TaskStateEntered"}},
		"event 2 of x: the state Complete": {start,
			{ID: 2, Time: at, Type: "TaskStateExited", State: "Complete", Output: json.RawMessage(`[]`)}},
	} {
		_, err := report.Build([]statemachine.History{{ARN: "arn:x", Events: events}}, at, "a test")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
