package statemachine_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// lambdaErrors are Lambda's own: that it did not run a function, or that a function
// ended without an answer. Those of the runtime and the sandbox are the ones with which
// AWS's own emulator of Lambda says that an invocation or its start failed.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
// https://github.com/aws/aws-lambda-runtime-interface-emulator
var lambdaErrors = []string{
	"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException",
	"Lambda.SdkClientException", "Lambda.TooManyRequestsException", "Lambda.Unknown",
	"Runtime.ExitError", "Runtime.OutOfMemory", "Runtime.InitError", "Runtime.InvokeTimeout", "Runtime.TruncatedResponse",
	"Runtime.InvalidEntrypoint", "Runtime.InvalidWorkingDir", "Runtime.InvalidTaskConfig", "Runtime.Unknown",
	"Sandbox.Failure", "Sandbox.Timedout", "States.Timeout",
}

func definition(t *testing.T) *statemachine.Machine {
	t.Helper()
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	return machine
}

func ofType(t *testing.T, machine *statemachine.Machine, kind string) []statemachine.State {
	t.Helper()
	states := slices.DeleteFunc(machine.States(), func(s statemachine.State) bool { return s.Type != kind })
	if len(states) == 0 {
		t.Fatalf("there are no states of type %s", kind)
	}
	return states
}

// functionOf is the function whose placeholder a Task names.
func functionOf(s statemachine.State) string {
	return strings.TrimSuffix(strings.TrimPrefix(s.FunctionName, "${"), "}")
}

// retrier is the one that Step Functions asks for an error: the first that names it.
func retrier(s statemachine.State, name string) (statemachine.Retrier, bool) {
	for _, r := range s.Retry {
		if slices.Contains(r.ErrorEquals, name) {
			return r, true
		}
	}
	return statemachine.Retrier{}, false
}

func catcher(s statemachine.State, name string) (statemachine.Catcher, bool) {
	for _, c := range s.Catch {
		if slices.Contains(c.ErrorEquals, name) {
			return c, true
		}
	}
	return statemachine.Catcher{}, false
}

func retries(s statemachine.State, name string) bool { _, found := retrier(s, name); return found }
func catches(s statemachine.State, name string) bool { _, found := catcher(s, name); return found }

// lasts is how long a retrier goes on, when each try fails at once.
func lasts(r statemachine.Retrier) time.Duration {
	var sum time.Duration
	for n := range r.MaxAttempts {
		sum += r.Delay(n, 1)
	}
	return sum
}

// The way through: where each state leads, as the table of states says.
func TestTransitions(t *testing.T) {
	machine := definition(t)
	if machine.StartAt() != "Preflight" {
		t.Errorf("starts at %s", machine.StartAt())
	}
	want := map[string]string{
		"Preflight": "ChoosePlan AlreadyRunning",
		"ChoosePlan": "CreateKey VerifyKey DeployClusters DeleteKey RestoreOldKey CheckUsage PlanReported NotDue " +
			"AwaitWindow",
		"AwaitWindow":         "Preflight",
		"RestoreOldKey":       "IsAbort",
		"IsAbort":             "RotationPaused Preflight",
		"CreateKey":           "VerifyKey DiscardKey",
		"VerifyKey":           "UpdateCredentials DiscardKey",
		"UpdateCredentials":   "DeployClusters DiscardKey",
		"DeployClusters":      "IsDeployed",
		"IsDeployed":          "WaitForDeployment Complete RotationPaused DeactivateKey GracePeriod",
		"WaitForDeployment":   "DeployClusters",
		"GracePeriod":         "CheckUsage",
		"CheckUsage":          "IsIdle",
		"IsIdle":              "DeactivateKey ExtendGrace",
		"ExtendGrace":         "CheckUsage",
		"DeactivateKey":       "ObservationPeriod DeployClusters CheckUsage ReactivateKey",
		"ObservationPeriod":   "VerifyDeployment",
		"VerifyDeployment":    "IsVerified ReactivateKey",
		"IsVerified":          "WaitForVerification DeleteKey",
		"WaitForVerification": "VerifyDeployment",
		"DeleteKey":           "Complete ReactivateKey",
		"Complete":            "IsNextDue",
		"IsNextDue":           "Preflight RotationComplete",
		"DiscardKey":          "RotationUnchanged",
		"ReactivateKey":       "RotationPaused",
		"RotationComplete":    "", "AlreadyRunning": "", "PlanReported": "", "RotationUnchanged": "", "RotationPaused": "",
		"NotDue": "",
	}
	got := map[string]string{}
	for _, s := range machine.States() {
		got[s.Name] = strings.Join(s.Targets(), " ")
	}
	for name := range got {
		if got[name] != want[name] {
			t.Errorf("%s leads to %s, want %s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d states, want %d", len(got), len(want))
	}
}

// Load refuses states that nothing leads to; here each is also on the way to an end.
func TestEveryStateLeadsToAnEnd(t *testing.T) {
	machine := definition(t)
	ends := map[string]bool{}
	for range machine.States() {
		for _, s := range machine.States() {
			if s.Type == "Succeed" || s.Type == "Fail" ||
				slices.ContainsFunc(s.Targets(), func(to string) bool { return ends[to] }) {
				ends[s.Name] = true
			}
		}
	}
	for _, s := range machine.States() {
		if !ends[s.Name] {
			t.Errorf("%s leads to no end", s.Name)
		}
	}
}

func TestChoicesAskForWhatTheDocumentSays(t *testing.T) {
	machine := definition(t)
	for _, test := range []struct{ state, condition, next string }{
		{"ChoosePlan", "plan.action = " + string(rotation.ActionCreate), "CreateKey"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionVerify), "VerifyKey"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionDeploy), "DeployClusters"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionDelete), "DeleteKey"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionReactivate), "RestoreOldKey"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionAbort), "RestoreOldKey"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionRetire), "CheckUsage"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionMigrate), "DeployClusters"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionMoveBack), "DeployClusters"},
		{"IsAbort", "plan.action = " + string(rotation.ActionAbort), "RotationPaused"},
		{"IsDeployed", "deployment.next = " + string(rotation.PollAgain), "WaitForDeployment"},
		{"IsDeployed", "deployment.next = " + string(rotation.OldKeyGone), "Complete"},
		{"IsDeployed", "deployment.next = " + string(rotation.GoOn), "GracePeriod"},
		{"IsIdle", "usage.idle", "DeactivateKey"},
		{"IsIdle", "not usage.idle", "ExtendGrace"},
		{"IsVerified", "verification.next = " + string(rotation.PollAgain), "WaitForVerification"},
		{"IsVerified", "verification.next = " + string(rotation.GoOn), "DeleteKey"},
		{"IsNextDue", "nextIsDue", "Preflight"},
		{"IsNextDue", "not nextIsDue", "RotationComplete"},
		{"ChoosePlan", "plan.action = " + string(rotation.ActionDryRun), "PlanReported"},
		{"IsAbort", "plan.action = " + string(rotation.ActionReactivate), "Preflight"},
	} {
		s, _ := machine.State(test.state)
		if !slices.ContainsFunc(s.Choices, func(c statemachine.Choice) bool {
			return c.Condition == test.condition && c.Next == test.next
		}) {
			t.Errorf("%s does not lead to %s when %s: %+v", test.state, test.next, test.condition, s.Choices)
		}
	}
}

func TestEverythingHasAComment(t *testing.T) {
	machine := definition(t)
	if machine.Comment() == "" {
		t.Error("the definition has no comment")
	}
	for _, s := range machine.States() {
		if !strings.HasSuffix(s.Comment, ".") && !strings.HasSuffix(s.Comment, "?") {
			t.Errorf("%s: the comment %q is no sentence", s.Name, s.Comment)
		}
	}
}

// The placeholders are the functions, and every function is called.
func TestPlaceholdersAreTheFunctions(t *testing.T) {
	got := slices.Sorted(slices.Values(statemachine.Placeholders(statemachine.Definition)))
	if want := slices.Sorted(maps.Keys(rotation.FunctionTimeouts)); !slices.Equal(got, want) {
		t.Errorf("placeholders %v, functions %v", got, want)
	}
	for _, s := range ofType(t, definition(t), "Task") {
		want := map[string]string{"RestoreOldKey": "reactivatekey", "VerifyDeployment": "deployclusters"}[s.Name]
		if want == "" {
			want = strings.ToLower(s.Name)
		}
		if functionOf(s) != want {
			t.Errorf("%s calls %s, want %s", s.Name, s.FunctionName, want)
		}
	}
}

// Every Task sends the document, the execution and when its state was entered, and
// returns the document.
func TestTasksPassTheDocument(t *testing.T) {
	var written struct {
		States map[string]struct {
			Type, OutputPath      string
			InputPath, ResultPath *string
			Parameters            struct {
				FunctionName string
				Payload      map[string]string
			}
		}
	}
	if err := json.Unmarshal(statemachine.Definition, &written); err != nil {
		t.Fatal(err)
	}
	for name, s := range written.States {
		if s.Type != "Task" {
			continue
		}
		if want := map[string]string{"document.$": "$", "execution.$": "$$.Execution",
			"enteredTime.$": "$$.State.EnteredTime"}; !reflect.DeepEqual(s.Parameters.Payload, want) {
			t.Errorf("%s sends %v", name, s.Parameters.Payload)
		}
		if s.OutputPath != "$.Payload" || s.InputPath != nil || s.ResultPath != nil {
			t.Errorf("%s keeps %s", name, s.OutputPath)
		}
	}
}

// Timestamps, not durations: a resumed wait doesn't start over.
func TestWaitsReadTimestamps(t *testing.T) {
	want := map[string]string{
		"WaitForDeployment": "$.deployment.nextPollAt", "GracePeriod": "$.graceEndsAt", "ExtendGrace": "$.usage.nextCheckAt",
		"AwaitWindow":       "$.notBefore",
		"ObservationPeriod": "$.observationEndsAt", "WaitForVerification": "$.verification.nextPollAt",
	}
	waits := ofType(t, definition(t), "Wait")
	for _, s := range waits {
		if s.TimestampPath != want[s.Name] {
			t.Errorf("%s waits until %q, want %q", s.Name, s.TimestampPath, want[s.Name])
		}
	}
	if len(waits) != len(want) {
		t.Errorf("%d waits, want %d", len(waits), len(want))
	}
}

// A Fail state ends with what was caught. An abort brings its own error.
func TestFailStatesTellWhatWasCaught(t *testing.T) {
	var written struct {
		States map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(statemachine.Definition, &written); err != nil {
		t.Fatal(err)
	}
	for _, s := range ofType(t, definition(t), "Fail") {
		fields := written.States[s.Name]
		if string(fields["ErrorPath"]) != `"$.error.Error"` || string(fields["CausePath"]) != `"$.error.Cause"` {
			t.Errorf("%s ends with %s, %s", s.Name, fields["ErrorPath"], fields["CausePath"])
		}
	}
	for _, s := range ofType(t, definition(t), "Task") {
		for _, c := range s.Catch {
			if c.ResultPath != "$.error" {
				t.Errorf("%s puts what it catches into %q", s.Name, c.ResultPath)
			}
		}
	}
}

func TestEveryTaskRetriesWhatPasses(t *testing.T) {
	for _, s := range ofType(t, definition(t), "Task") {
		t.Run(s.Name, func(t *testing.T) {
			timeout, known := rotation.FunctionTimeouts[functionOf(s)]
			if !known || time.Duration(s.TimeoutSeconds)*time.Second <= timeout {
				t.Errorf("the Task's %d s are not over its function's %s", s.TimeoutSeconds, timeout)
			}
			for _, name := range lambdaErrors {
				r, found := retrier(s, name)
				if !found || r.MaxAttempts == 0 || r.MaxDelaySeconds == 0 || !r.FullJitter {
					t.Errorf("%s is retried by %+v", name, r)
				}
			}
			for _, name := range []fault.Code{fault.Throttled, fault.Unreachable, fault.MalformedAnswer} {
				r, found := retrier(s, string(name))
				if !found || r.MaxAttempts == 0 || s.Name != "Preflight" && (r.MaxDelaySeconds == 0 || !r.FullJitter) {
					t.Errorf("%s is retried by %+v", name, r)
				}
			}
			for i, r := range s.Retry {
				for _, earlier := range s.Retry[:i] {
					for _, name := range r.ErrorEquals {
						if slices.Contains(earlier.ErrorEquals, name) {
							t.Errorf("%s is retried twice; only the first counts", name)
						}
					}
				}
			}
		})
	}
}

// Where a retry must outlast something, it has no jitter.
func TestRetriesThatOutlast(t *testing.T) {
	outlasts := func(t *testing.T, s statemachine.State, code fault.Code, d time.Duration) {
		t.Helper()
		r, found := retrier(s, string(code))
		if !found || r.FullJitter || r.BackoffRate != 1 || lasts(r) < d {
			t.Errorf("%s: %s is retried for %s by %+v, want %s without jitter", s.Name, code, lasts(r), r, d)
		}
	}
	for _, s := range ofType(t, definition(t), "Task") {
		if s.Name == "Preflight" {
			for _, info := range fault.Codes {
				if slices.Contains(info.Retried, "Preflight") && info.Code != fault.StepBusy {
					outlasts(t, s, info.Code, 24*time.Hour)
				}
			}
			// Often at first: an abort waits for Step Functions to tell that the
			// execution was stopped.
			if r, _ := retrier(s, string(fault.StepBusy)); r.FullJitter || r.IntervalSeconds > 10 || lasts(r) < 24*time.Hour {
				t.Errorf("Preflight: StepBusy is retried for %s by %+v", lasts(r), r)
			}
			continue
		}
		outlasts(t, s, fault.StepBusy, rotation.FunctionTimeouts[functionOf(s)]+clocksDiffer)
		if r, _ := retrier(s, string(fault.StepBusy)); r.IntervalSeconds != 30 {
			t.Errorf("%s: StepBusy is retried every %d s", s.Name, r.IntervalSeconds)
		}
		if retries(s, string(fault.IAMSettling)) {
			outlasts(t, s, fault.IAMSettling, 15*time.Minute)
		}
		if retries(s, string(fault.TooEarly)) {
			outlasts(t, s, fault.TooEarly, time.Minute) // a period that is short by more is an error of ours
		}
	}
}

// A lease that wasn't cleared runs on to the end of the function that set it. A
// visit of a state may meet the lease of the state before, and one of each crash
// after which its own function is tried again: StepBusy is retried longer than all
// of them together.
func TestStepBusyOutlastsTheLeasesOfAllCrashes(t *testing.T) {
	machine := definition(t)
	reads := []string{"Preflight", "VerifyKey", "CheckUsage"} // these set no lease
	// before are the Tasks whose lease may still run when a state is entered.
	var before func(name string, visited map[string]bool) []statemachine.State
	before = func(name string, visited map[string]bool) (found []statemachine.State) {
		for _, s := range machine.States() {
			if !slices.Contains(s.Targets(), name) || visited[s.Name] || s.Type == "Wait" && s.Name != "WaitForDeployment" &&
				s.Name != "WaitForVerification" {
				continue // the long waits are longer than any lease
			}
			visited[s.Name] = true
			if s.Type == "Task" && !slices.Contains(reads, s.Name) {
				found = append(found, s)
				continue
			}
			found = append(found, before(s.Name, visited)...)
		}
		return found
	}
	for _, s := range ofType(t, machine, "Task") {
		if slices.Contains(reads, s.Name) {
			continue
		}
		crash, _ := retrier(s, "Runtime.ExitError")
		leases := time.Duration(crash.MaxAttempts) * rotation.FunctionTimeouts[functionOf(s)]
		var earlier time.Duration
		for _, state := range before(s.Name, map[string]bool{}) {
			earlier = max(earlier, rotation.FunctionTimeouts[functionOf(state)])
		}
		if r, _ := retrier(s, string(fault.StepBusy)); lasts(r) < leases+earlier+clocksDiffer {
			t.Errorf("%s retries StepBusy for %s; the leases of %d crashes run for %s, and the one before for %s",
				s.Name, lasts(r), crash.MaxAttempts, leases, earlier)
		}
	}
}

// clocksDiffer is what is added where one function's clock is held against another's.
const clocksDiffer = 2 * time.Minute

// A right that no read proves leads where the table of codes says: back to where
// nothing has changed, or no further than the state that is refused it.
func TestUnprovedRightsLeadBackOrNoFurther(t *testing.T) {
	machine := definition(t)
	for _, info := range fault.Codes {
		for _, u := range info.Unproved {
			s, exists := machine.State(u.In)
			c, caught := catcher(s, string(info.Code))
			switch {
			case !exists:
				t.Errorf("%s: there is no state %s", u.Right, u.In)
			case u.Ends == "RotationUnchanged" && c.Next != "DiscardKey", u.Ends == u.In && caught,
				!slices.Contains([]string{"RotationUnchanged", "RotationPaused", u.In}, u.Ends):
				t.Errorf("%s: %s in %s is said to end in %s, and is caught into %q", u.Right, info.Code, u.In, u.Ends, c.Next)
			}
		}
	}
}

// The table of codes and the definition say the same.
func TestCodesAndDefinitionAgree(t *testing.T) {
	tasks := ofType(t, definition(t), "Task")
	known := map[string]bool{}
	for _, info := range fault.Codes {
		known[string(info.Code)] = true
		for _, s := range tasks {
			code := string(info.Code)
			retried, caught := slices.Contains(info.Retried, s.Name), slices.Contains(info.Caught, s.Name)
			if retries(s, code) != retried {
				t.Errorf("%s in %s: retried %v, the table says %v", code, s.Name, !retried, retried)
			}
			if catches(s, code) != caught {
				t.Errorf("%s in %s: caught %v, the table says %v", code, s.Name, !caught, caught)
			}
			if slices.Contains(info.Uncaught, s.Name) && (retried || caught) {
				t.Errorf("%s in %s: uncaught on purpose, and retried or caught", code, s.Name)
			}
		}
		for _, name := range slices.Concat(info.Retried, info.Caught, info.Uncaught) {
			if !slices.ContainsFunc(tasks, func(s statemachine.State) bool { return s.Name == name }) {
				t.Errorf("%s names the state %q, which is no Task", info.Code, name)
			}
		}
	}
	wayBack := []string{"CreateKey", "DeactivateKey", "VerifyDeployment"}
	for _, s := range tasks {
		var named []string
		for _, r := range s.Retry {
			named = append(named, r.ErrorEquals...)
		}
		for _, c := range s.Catch {
			named = append(named, c.ErrorEquals...)
		}
		for _, name := range named {
			if !known[name] && !slices.Contains(lambdaErrors, name) {
				t.Errorf("%s names %q, which is no code and none of Lambda's errors", s.Name, name)
			}
		}
		for _, name := range lambdaErrors {
			if catches(s, name) != slices.Contains(wayBack, s.Name) {
				t.Errorf("%s: %s caught %v", s.Name, name, catches(s, name))
			}
		}
		if catches(s, string(fault.LockLost)) {
			t.Errorf("%s catches LockLost: whoever has the lock goes the way back, if anyone", s.Name)
		}
	}
}

// Errors of one kind go one way: back before the update, to the old key after
// its deactivation, and to an earlier state for the class again.
func TestWhereCatchesLead(t *testing.T) {
	for _, s := range ofType(t, definition(t), "Task") {
		for _, c := range s.Catch {
			for _, name := range c.ErrorEquals {
				want := map[string]string{
					"Preflight": "AlreadyRunning", "CreateKey": "DiscardKey", "VerifyKey": "DiscardKey",
					"UpdateCredentials": "DiscardKey",
					"DeactivateKey":     "ReactivateKey", "VerifyDeployment": "ReactivateKey", "DeleteKey": "ReactivateKey",
				}[s.Name]
				switch fault.Code(name) {
				case fault.ClusterNotDeployed:
					want = "DeployClusters"
				case fault.UsageCheckStale:
					want = "CheckUsage"
				}
				if c.Next != want {
					t.Errorf("%s leads from %s to %s, want %s", name, s.Name, c.Next, want)
				}
				if class := fault.Code(name).Class(); class == fault.Again && c.Next == "ReactivateKey" {
					t.Errorf("%s is of the class %s and ends the rotation", name, class)
				}
			}
		}
	}
}

// Every code has a row, rows are in order, and a state that raises the code.
func TestEveryCodeHasARow(t *testing.T) {
	constants := codeConstants(t)
	var rows []string
	for _, info := range fault.Codes {
		rows = append(rows, string(info.Code))
		if info.Code != fault.AbortRequested && len(info.Retried)+len(info.Caught)+len(info.Uncaught) == 0 {
			t.Errorf("%s: no state raises it", info.Code)
		}
		for _, states := range [][]string{info.Retried, info.Caught, info.Uncaught} {
			if unique := slices.Compact(slices.Sorted(slices.Values(states))); len(unique) != len(states) {
				t.Errorf("%s: a state is named twice in %v", info.Code, states)
			}
		}
	}
	if !slices.IsSorted(rows) {
		t.Errorf("the rows are not in alphabetical order: %v", rows)
	}
	for name, value := range constants {
		if name != value || !slices.Contains(rows, value) {
			t.Errorf("the code %s = %q has no row of its name", name, value)
		}
	}
	if len(rows) != len(constants) {
		t.Errorf("%d rows for %d codes", len(rows), len(constants))
	}
}

// codeConstants are the constants of type Code, read from the source.
func codeConstants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/rotation/fault/codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			return true
		}
		if text, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[spec.Names[0].Name] = value
		}
		return true
	})
	if len(found) == 0 {
		t.Fatal("no codes were found in the source")
	}
	return found
}

// An account is how many events something makes, how long it takes at most, and why.
type account struct {
	what   string
	events int
	takes  time.Duration
}

// The events of the history that a visit of a state makes.
const (
	task      = 5 // entered, scheduled, started, succeeded, exited
	failedTry = 3 // scheduled, started, failed
	caughtOne = 5 // entered, scheduled, started, failed, exited
	choice    = 2 // entered, exited
	wait      = 2
	ending    = 2 // a Succeed state
	looking   = task + choice + wait
)

// What a target may say at most, and how often the steps look.
const (
	longestGrace       = 24 * time.Hour
	longestExtension   = 7 * 24 * time.Hour // shared by all rounds of an execution
	longestObservation = 24 * time.Hour
	longestDeployment  = 12 * time.Hour      // a wave, and the canary
	longestRetired     = 30 * 24 * time.Hour // how long a key that is retired is observed
	longestSoak        = 7 * 24 * time.Hour  // of a wave that is moved to a role
	soakLooks          = 12
	waves              = 2
	rounds             = 1 + 2 // after ClusterNotDeployed twice more
	quickly            = time.Minute
	quickPhase         = time.Hour
	slowly             = 5 * time.Minute
	betweenUsageChecks = 15 * time.Minute
	roomForAnother     = 12 * time.Hour // how old an execution may be to begin another rotation
)

// looks is how often clusters are looked at within a time: at once, every minute
// in the first hour, then every five minutes. (After a start it may be longer.)
func looks(within time.Duration) int {
	quick := min(within, quickPhase)
	return 1 + int(quick/quickly) + int((within-quick)/slowly)
}

// longestRotation is one rotation in which everything takes as long as it may,
// and Preflight waits for a day first.
func longestRotation(preflightRetries int, preflightWaits time.Duration) []account {
	usageChecks := int(longestExtension / betweenUsageChecks)
	return []account{
		{"Preflight, tried again for a day", preflightRetries*failedTry + task, preflightWaits},
		{"ChoosePlan, CreateKey, VerifyKey, UpdateCredentials", choice + 3*task, time.Hour},
		{fmt.Sprintf("%d rounds of %d waves, %d looks each", rounds, waves, looks(longestDeployment)),
			rounds * waves * looks(longestDeployment) * looking, rounds * waves * longestDeployment},
		{"the grace period, each round", rounds * wait, rounds * longestGrace},
		{fmt.Sprintf("%d usage checks that find it used", usageChecks), usageChecks * looking, longestExtension},
		{"the usage check that finds it idle, each round", rounds * (task + choice), rounds * time.Minute},
		{"DeactivateKey, sent back but for the last time", (rounds-1)*caughtOne + task, rounds * time.Minute},
		{"the observation period", wait, longestObservation},
		{fmt.Sprintf("the canary, %d looks", looks(longestDeployment)), looks(longestDeployment) * looking,
			longestDeployment},
		{"DeleteKey, Complete, IsNextDue", 2*task + choice, time.Hour},
	}
}

// longestRetirement is one in which Preflight waits for a day before each of its looks.
func longestRetirement(preflightRetries int, preflightWaits time.Duration) []account {
	return []account{
		{"Preflight, tried again for a day, and AwaitWindow", preflightRetries*failedTry + task + choice + wait,
			preflightWaits + time.Minute},
		{"Preflight, tried again for a day", preflightRetries*failedTry + task + choice, preflightWaits},
		{"RestoreOldKey, where a location holds the key again, and all that again",
			task + choice + 2*(preflightRetries*failedTry+task+choice) + wait, 2*preflightWaits + time.Minute},
		{"the usage check, each round", rounds * (task + choice), rounds * time.Minute},
		{"DeactivateKey, sent back but for the last time", (rounds-1)*caughtOne + task, rounds * time.Minute},
		{"the observation period", wait, longestRetired},
		{"VerifyDeployment, IsVerified, DeleteKey, Complete, IsNextDue", 3*task + 2*choice, time.Hour},
	}
}

// longestMigration is one in which the clusters of each wave are at rest and deployed as late
// as may be, and then all are moved back.
func longestMigration(preflightRetries int, preflightWaits time.Duration) []account {
	moves := waves + 1
	resting := int(longestDeployment / slowly)
	return []account{
		{"Preflight, tried again for a day", preflightRetries*failedTry + task + choice, preflightWaits},
		{fmt.Sprintf("%d waves that wait for rest, %d looks each", moves, resting), moves * resting * looking,
			time.Duration(moves) * longestDeployment},
		{fmt.Sprintf("%d waves that are deployed, %d looks each", moves, looks(longestDeployment)),
			moves * looks(longestDeployment) * looking, time.Duration(moves) * longestDeployment},
		{"a soak after each", moves * (soakLooks + 1) * looking, time.Duration(moves) * longestSoak},
		{"the way back", looks(longestDeployment) * looking, longestDeployment},
	}
}

// carriedOn is the rotation that an execution may complete first, if it does
// within twelve hours. What makes most events in a time is to look at clusters
// every minute, and a wave, like the canary, has one such hour; the grace
// periods between the rounds, two hours each at least, are left out, which makes
// the account larger than it can be.
func carriedOn() []account {
	quickHours := rounds*waves + 1
	rest := roomForAnother - time.Duration(quickHours)*quickPhase
	return []account{
		{"carried on: Preflight, restoring the old key, Preflight", choice + task + choice + 2*task, 0},
		{fmt.Sprintf("carried on: %d hours of looking every minute", quickHours),
			quickHours * int(quickPhase/quickly) * looking, time.Duration(quickHours) * quickPhase},
		{"carried on: what is left of twelve hours, looking every five", int(rest/slowly) * looking, rest},
		{"carried on: all else", 2*rounds*wait + rounds*(task+choice) + rounds*caughtOne + 2*task + choice, 0},
	}
}

// ofLeaked is the rotation of a new key that leaked, which the execution begins however long
// the one before took. A cluster that takes over half an hour is passed over, in any round.
func ofLeaked(preflightRetries int, preflightWaits time.Duration) []account {
	const passedOver = 30 * time.Minute
	return []account{
		{"leaked: Preflight, tried again for a day", preflightRetries*failedTry + task + choice, preflightWaits},
		{"leaked: CreateKey, VerifyKey, UpdateCredentials, DeployClusters", 4*task + choice, time.Hour},
		{fmt.Sprintf("leaked: %d rounds of %d looks each", rounds, looks(passedOver)), rounds * looks(passedOver) * looking,
			rounds * passedOver},
		{"leaked: DeactivateKey, sent back but for the last time", rounds*caughtOne + task, rounds * time.Minute},
		{"leaked: the observation period", wait, longestObservation},
		{fmt.Sprintf("leaked: the canary, %d looks", looks(longestDeployment)), looks(longestDeployment) * looking,
			longestDeployment},
		{"leaked: DeleteKey, Complete, IsNextDue", 2*task + choice, time.Hour},
	}
}

// The longest legal rotation fits into a history of 25,000 events and into the
// execution's own timeout, also where an interrupted one is completed before it, and where
// its new key leaked in the end. So do the longest retirement and
// the longest migration.
func TestTheLongestRotationFits(t *testing.T) {
	machine := definition(t)
	preflight, _ := machine.State("Preflight")
	patient, _ := retrier(preflight, string(fault.ClustersBusy))

	retries, retried := patient.MaxAttempts, lasts(patient)
	requireFits(t, machine, slices.Concat(carriedOn(), longestRotation(retries, retried)))
	requireFits(t, machine, slices.Concat(longestRotation(retries, retried), ofLeaked(retries, retried)))
	requireFits(t, machine, longestRetirement(retries, retried))
	requireFits(t, machine, longestMigration(retries, retried))
}

func requireFits(t *testing.T, machine *statemachine.Machine, accounts []account) {
	events, takes := 1+ending+1, time.Duration(0) // ExecutionStarted, the Succeed state, ExecutionSucceeded
	for _, a := range accounts {
		t.Logf("%6d events %8s  %s", a.events, a.takes, a.what)
		events += a.events
		takes += a.takes
	}
	room := statemachine.MaxHistoryEvents - events
	t.Logf("%6d events, %s; room for %d tries that fail", events, takes, room/failedTry)
	if room <= 0 {
		t.Errorf("%d events are %d over the limit", events, -room)
	}
	// One try in twenty may fail, and be tried again.
	if tries := events / task; room/failedTry < tries/20 {
		t.Errorf("room for %d failed tries is under a twentieth of %d", room/failedTry, tries)
	}
	if limit := time.Duration(machine.TimeoutSeconds()) * time.Second; limit <= takes {
		t.Errorf("the execution times out after %s, and may take %s", limit, takes)
	}
}

// The limits that the account above counts with are those that targets keep.
func TestTheLongestRotationIsLegalAndNoLongerOneIs(t *testing.T) {
	longest := target.Default()
	longest.Name, longest.IAMUserName, longest.OrganizationID = "longest", "qovery", "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"
	longest.Schedule.StartAt = "2026-01-13T09:00:00+01:00"
	periods := func(of *target.Target) map[*target.Duration]time.Duration {
		return map[*target.Duration]time.Duration{
			&of.GracePeriod: longestGrace, &of.MaxGraceExtension: longestExtension,
			&of.ObservationPeriod: longestObservation, &of.DeploymentTimeout: longestDeployment,
		}
	}
	for period, most := range periods(&longest) {
		*period = target.Duration(most)
	}
	if err := longest.Check(); err != nil {
		t.Errorf("not legal: %v", err)
	}
	for period := range periods(&longest) {
		*period += target.Duration(time.Second)
		if longest.Check() == nil {
			t.Errorf("a period of %s is legal", period)
		}
		*period -= target.Duration(time.Second)
	}
}
