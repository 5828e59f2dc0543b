package lab

import (
	"strings"
	"testing"
)

func TestScriptsAreRead(t *testing.T) {
	s, err := ParseScript("mine", "# A person stops it.\n# That is all.\n\nworld clusters=3 denied=eu-west-1 prompt\n"+
		"start rotation\n# not part of it\nuntil GracePeriod\n----\nrotation ABORTED Stopped\n  Preflight\n  left: nothing\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Sentence != "A person stops it. That is all." || len(s.lines) != 2 || s.lines[1].number != 7 ||
		s.Setup.Clusters != 3 || s.Setup.Denied[0] != "eu-west-1" || !s.Setup.Prompt || s.Ends() != "ABORTED Stopped" {
		t.Errorf("it is read as %+v, and ends with %q", s, s.Ends())
	}
}

// What editors make of a text doesn't change the story: lines that end as on Windows, a mark
// at the beginning, no line's end or several at the end.
func TestScriptsOfAllEditors(t *testing.T) {
	const actions, want = "# It is stopped.\nstart rotation\nstop\n", "rotation ABORTED Stopped\n  Preflight\n  left: it\n"
	for _, text := range []string{
		actions + "----\n" + want,
		strings.ReplaceAll(actions+"----\n"+want, "\n", "\r\n"),
		"\ufeff" + actions + "----\n" + want,
		actions + "---- \n" + strings.TrimSpace(want),
		actions + "----\n" + want + "\n\n",
	} {
		s, err := ParseScript("mine", text)
		if err != nil || s.Want != want || s.Sentence != "It is stopped." || s.Text(s.Want) != actions+"----\n"+want {
			t.Errorf("%q is read as %q, expecting %q: %v", text, s.Text("it"), s.Want, err)
		}
	}
	for _, text := range []string{actions, actions + "----", actions + "----\n", strings.TrimSpace(actions)} {
		s, err := ParseScript("mine", text)
		if err != nil || s.Want != "" || s.Text(want) != actions+"----\n"+want {
			t.Errorf("%q is read as %q, expecting %q: %v", text, s.Text("it"), s.Want, err)
		}
	}
	const ruled = "# -- the beginning ----\nstart rotation\n# ------\nstop\n"
	if s, err := ParseScript("mine", ruled); err != nil || s.Want != "" || len(s.lines) != 2 {
		t.Errorf("%q is read as %q, expecting %q: %v", ruled, s.Text("it"), s.Want, err)
	}
}

// What isn't a script at all is said in a few lines.
func TestNoScriptAtAll(t *testing.T) {
	for text, says := range map[string]string{
		"\x7fELF\x00\x00":                    "it isn't a text",
		"start \xff":                         "it isn't a text",
		strings.Repeat("# long\n", 200_000):  "it is longer than",
		strings.Repeat("dance\n", 1000):      "'rotate simulate --actions' lists them\nand 990 more lines are wrong",
		strings.Repeat("a", 100_000):         "line 1: it is longer than 1000 bytes",
		"\n" + strings.Repeat("é", 501):      "line 2: it is longer than 1000 bytes",
		"# " + strings.Repeat("very ", 1000): "no actions",
	} {
		_, err := ParseScript("mine", text)
		if err == nil || !strings.Contains(err.Error(), says) || len(err.Error()) > 2000 {
			t.Errorf("%.60q: %.300v, and not %q", text, err, says)
		}
	}
}

// Every mistake is named, with its line.
func TestMistakesInScripts(t *testing.T) {
	for script, says := range map[string]string{
		"":                                      "no actions",
		"dance":                                 `line 1: there is no action "dance"; 'rotate simulate --actions' lists them`,
		"\n\nwait":                              "line 3: \"wait\": a duration is missing; it is written: wait DURATION",
		"wait long":                             `"long" isn't a duration such as 1h30m`,
		"wait 1h 2h":                            `"2h" is too much`,
		"until Paradise":                        `there is no state "Paradise"`,
		"delete it":                             `"it" isn't a key`,
		"delete key none":                       `"none" isn't a number from 1`,
		"put old in credentials":                `"in" isn't "into"`,
		"put old into drawer":                   `"drawer" isn't a location`,
		"write credentials backwards":           `"backwards" isn't a way`,
		"cluster some stop":                     `"some" isn't a number`,
		"cluster 1 melts":                       `"melts" isn't an act`,
		"fault staging.Put#x throttle":          `"x" isn't a number from 1`,
		"fault staging.Put explode":             `"explode" isn't a kind of fault`,
		"fault staging.Put land-late:soon":      `"soon" isn't a duration`,
		"lag patience 1h":                       `"patience" isn't a thing that lags`,
		"when CreateKey":                        "an action is missing",
		"when CreateKey dance":                  `there is no action "dance"`,
		"start rotation {":                      "the input isn't JSON",
		"target {":                              "it isn't a JSON object",
		"target []":                             "it isn't a JSON object",
		"fault nowhere fail-before":             `"nowhere" is no site`,
		"on nowhere stop":                       `"nowhere" is no site`,
		"fault staging.Put land-late:-1h":       "-1h0m0s is negative",
		"fault staging.Put throttle in Nowhere": `there is no state "Nowhere"`,
		"each Nowhere stop":                     `there is no state "Nowhere"`,
		"in Nowhere":                            `there is no state "Nowhere"`,
		"clock 1h Nowhere":                      `there is no state "Nowhere"`,
		"wait -1h":                              "-1h0m0s is negative",
		"wait 9000h":                            "longer than a year",
		"elsewhere uses old sts 0s":             "0s is less than a minute",
		"qovery answers 500 get":                `"get" isn't GET, PUT or POST`,
		"qovery answers 1000":                   "1000 isn't a status",
		"cluster 1 becomes NONSENSE":            `"NONSENSE" isn't a status`,
		"cluster 1 ends NONSENSE":               `"NONSENSE" isn't a status`,
		"add registry NOPE":                     `"NOPE" isn't a kind`,
		"add credentials NOPE":                  `"NOPE" isn't a type`,
		"deny-regions nowhere":                  `"nowhere" is no region`,
		"world clusters=0":                      `"0" isn't a number from 1`,
		"world clusters=1001":                   "1001 are more than 1000",
		"world production=-3":                   `"-3" isn't a number from 1`,
		"world production=3":                    "3 production clusters are more than 2 clusters",
		"world deploy-time=-1m":                 "-1m0s is negative",
		"world cloud=MOON":                      `"MOON" isn't a kind`,
		"world denied=nowhere":                  `"nowhere" is no region`,
		"qovery sings":                          `"sings" is nothing that it does`,
		"add hope":                              `"hope" can't be added`,
		"world clusters=many":                   `"clusters=many"`,
		"world flat":                            `"flat" isn't an option of a world`,
		"start rotation\nworld clusters=1":      "line 2: the world is described before anything happens in it",
		"dance\nstart rotation\nsing":           `line 3: there is no action "sing"`,
		"after 1h run b":                        `"run" waits, and what is put off can't`,
		"after 1h audit":                        `"audit" waits`,
		"after 1h until ended":                  `"until" waits`,
		"after 1h after 1h wait 1h":             `"wait" waits`,
		"when CreateKey after 1h \"run\" b":     `"run" waits`,
		"on iam.CreateAccessKey wait 1h":        `"wait" waits`,
	} {
		if _, err := ParseScript("mine", script); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, and not %q", script, err, says)
		}
	}
}

// So is what turns out to be wrong when its turn comes.
func TestScriptsThatFail(t *testing.T) {
	for script, says := range map[string]string{
		"stop":                            "line 1: stop: no execution was started yet",
		"says nothing":                    "no execution was started yet",
		"put foreign into dns":            "there is no such location",
		"write helm masked":               "there is no such location",
		"give registry role":              "there is no such location",
		"add registry\nadd registry":      "line 2: add registry: it was added already",
		"add cluster other-credentials":   "no such credentials yet",
		"delete-user\nadd key":            "There is no IAM user",
		"run rotation\nrun rotation":      "Step Functions refuses",
		"wait 2h\nuntil 1h":               "the world is older than that",
		"start rotation\nstop rotation-2": `line 2: stop rotation-2: there is no execution "rotation-2"`,
		"run rotation\nredrive":           "line 2: redrive: ",
		"run rotation\ndelete key 3":      "there was no such key yet",
		"deactivate new":                  "there is no new key",
		"run rotation\nactivate old":      "the key is Active already",
		"cluster 3 stop":                  "there are 2 clusters",
		"run rotation\nuntil GracePeriod": "the execution never comes there: it goes through Preflight CreateKey",
		"start rotation\nwhen VerifyKey delete key 9\nuntil ended": "no such key",
		"lease me 1h":                   "no record is open",
		"run rotation\nsays goodbye":    "it says: {",
		"run rotation\ndeployments 1 1": "it is 2 1",
		"wait 1h":                       "it starts no execution",
		"each Preflight start\nrun a":   "1000 executions were started already, and a world has no more",
	} {
		s, err := ParseScript("mine", script)
		if err != nil {
			t.Errorf("%q: %v", script, err)
			continue
		}
		if _, err := s.Play(s.Setup, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, and not %q", script, err, says)
		}
	}
}

// What a script puts off happens at a moment of its own, in which no one can wait. A dry run
// that is put off ends the script all the same.
func TestWhatIsPutOff(t *testing.T) {
	for _, action := range []string{"start", "abort", "leak old", "retire old", "migrate", "stop", "redrive",
		"in CreateKey", "forget", "release", "freeze 2026-02-01T00:00:00Z a launch", "unfreeze", "lease me 1h", "touch",
		"says it", "deployments 1 1", "create key", "put own into credentials", "put-everywhere own", "cluster all deploy",
		"when VerifyKey run b", "each VerifyKey until ended"} {
		for _, put := range []string{"after 2s", "after 10m", "on iam.CreateAccessKey", "on journal.Save"} {
			for _, dry := range []bool{false, true} {
				s, err := ParseScript("put off", "world clusters=1\n"+put+" "+action+"\nstart\nwait 20m\n")
				if err != nil {
					t.Fatal(err)
				}
				s.Setup.DryRun = dry
				if _, err = s.Play(s.Setup, nil); err != nil && !strings.Contains(err.Error(), "line ") {
					t.Errorf("%s %s: %v", put, action, err)
				}
			}
		}
	}
	s, err := ParseScript("put off", "after 1m start\nwait 1h\nstop\n")
	if err != nil {
		t.Fatal(err)
	}
	s.Setup.DryRun = true
	if result, err := s.Play(s.Setup, nil); err != nil || result.Outcome != "SUCCEEDED" {
		t.Errorf("a dry run that is put off: %s, %v", result.Outcome, err)
	}
}

// A faulty call is counted from the line that makes it so.
func TestFaultsOfScripts(t *testing.T) {
	for script, want := range map[string]int{
		"run a\nwait 1h\nfault staging.Put#2 throttle\nrun b":               1,
		"fault staging.Put throttle\ncalm\nrun a":                           0,
		"fault staging.* throttle\nrun a":                                   1000,
		"fault staging.Put throttle in VerifyKey\nrun a":                    0,
		"fault staging.Put#1 throttle\nfault staging.Put#1 throttle\nrun a": 1,
	} {
		result := playText(t, Setup{Clusters: 1}, script)
		if got := len(result.World.Judge.strikes); got != want && (want < 1000 || got < 5) {
			t.Errorf("%q: %d calls were throttled, want %d; %s", script, got, want, result.Told)
		}
	}
}

// TestIdleRules: what never came to pass is known at the end.
func TestIdleRules(t *testing.T) {
	result := playText(t, Setup{Clusters: 1}, "fault staging.Put throttle in Complete\nfault staging.Put#1 throttle\n"+
		"when ReactivateKey stop\nqovery answers 500 PUT /nothing\nafter 1h say an hour\nrun a")
	if got := strings.Join(result.Idle, "; "); got != "fault staging.Put throttle in Complete; when ReactivateKey stop; "+
		"qovery answers 500 PUT /nothing" {
		t.Error(got)
	}
}

func TestActionsHaveHelp(t *testing.T) {
	seen := map[string]bool{}
	for _, action := range Actions {
		name, _, _ := strings.Cut(action.Usage, " ")
		if seen[name] || action.Help == "" || strings.HasSuffix(action.Help, ".") {
			t.Errorf("%s: %q", action.Usage, action.Help)
		}
		seen[name] = true
	}
}
