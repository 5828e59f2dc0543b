package explorer

import "testing"

// TestExecutionsAtCalls: an execution is stopped while a function of it is at
// work, and the function goes on.
func TestExecutionsAtCalls(t *testing.T) {
	for _, kind := range kindsOf(toExecutions) {
		fault := Fault{Point{createAccessKey, 1}, kind.kind, 0}
		result := mustPlay(t, Schedule{World: "one"}.with(fault), nil)
		if len(result.Wrong) > 0 || !result.AllFired() || result.Fired[0].State != "CreateKey" {
			t.Errorf("%s: %q, not come to pass: %v", fault, result.Wrong, result.Missed())
		}
	}
	offered := 0
	for _, station := range mustPlay(t, Schedule{World: "one"}, nil).After {
		for _, fault := range station.faults() {
			if fault.Site == createAccessKey && fault.Kind.ofExecution() {
				offered++
			}
		}
	}
	if offered != len(kindsOf(toExecutions)) {
		t.Errorf("%d are explored at %s", offered, createAccessKey)
	}
}

// TestPeopleDoNothingAtCalls: what people do to keys is no fault of a call, and a
// schedule that says so is one of which a fault did not come to pass.
func TestPeopleDoNothingAtCalls(t *testing.T) {
	result := mustPlay(t, Schedule{World: "one"}.with(Fault{Point{createAccessKey, 1}, PutOld, 0}), nil)
	if result.AllFired() || len(result.Wrong) > 0 {
		t.Errorf("%v, %q", result.Fired, result.Wrong)
	}
}
