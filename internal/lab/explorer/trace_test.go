package explorer

import "testing"

func traceOf(t *testing.T, schedule string) uint64 {
	t.Helper()
	s, err := Parse(schedule)
	if err != nil {
		t.Fatal(err)
	}
	result := mustPlay(t, s, nil)
	if !result.AllFired() {
		t.Fatalf("not all of %s came to pass", schedule)
	}
	return result.Trace
}

// What differs in nothing that happens has one trace; what differs in a state, in
// a call, in its effect or in its answer has two.
func TestTrace(t *testing.T) {
	undisturbed := traceOf(t, "one:")
	if traceOf(t, "one:") != undisturbed {
		t.Error("the same schedule has two traces")
	}
	// A list that is stale before anything has changed is as good as any, and a read
	// is tried again whether it was throttled or lost.
	if traceOf(t, "one: iam.ListAccessKeys#1 stale:15s") != undisturbed {
		t.Error("a stale answer that is the same makes another trace")
	}
	if traceOf(t, "one: iam.ListAccessKeys#1 fail-before") != traceOf(t, "one: iam.ListAccessKeys#1 throttle") {
		t.Error("a read that is throttled makes another trace than one that is lost")
	}
	seen := map[uint64]string{undisturbed: "one:"}
	for _, schedule := range []string{
		"one: iam.CreateAccessKey#1 fail-before",
		"one: iam.CreateAccessKey#1 fail-after",
		"one: iam.CreateAccessKey#1 throttle",
		"one: iam.CreateAccessKey#1 kill-after",
		"one: GracePeriod#1 stop",
		"waves:",
	} {
		trace := traceOf(t, schedule)
		if other, exists := seen[trace]; exists {
			t.Errorf("%s has the trace of %s", schedule, other)
		}
		seen[trace] = schedule
	}
}

// A summary counts each trace once, and only those of the schedules that it counts.
func TestSummaryCountsTraces(t *testing.T) {
	fault := Fault{Point: Point{"VerifyKey", 1}, Kind: Stop}
	result := func(trace uint64, fired bool) Result {
		r := Result{Schedule: Schedule{World: "one", Faults: []Fault{fault}}, Trace: trace}
		if fired {
			r.Fired = []Firing{{fault, "VerifyKey"}}
		}
		return r
	}
	s := newSummary()
	for _, r := range []Result{result(1, true), result(1, true), result(2, true), result(3, false), {Trace: 4}} {
		s.add(r, "")
	}
	if s.Played != 3 || s.Traces != 2 {
		t.Errorf("%d schedules have %d traces, want 3 and 2", s.Played, s.Traces)
	}
}
