package explorer

import (
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Check is for schedules that a person has written: an error for the first fault that can't
// come to pass, or makes no difference, whatever happens. What Parse reads may be so.
func (s Schedule) Check() error {
	for i, fault := range s.Faults {
		if err := fault.check(); err != nil {
			return fmt.Errorf("%q: %w", fault, err)
		}
		for _, other := range s.Faults[:i] {
			if other.Point == fault.Point && other.Kind.ofInvocation() == fault.Kind.ofInvocation() {
				return fmt.Errorf("%q and %q can't both happen: they are at one point", other, fault)
			}
		}
	}
	return nil
}

func (f Fault) check() error {
	kinds, err := kindsAt(f.Site)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(kinds, func(k faultKind) bool { return k.kind == f.Kind })
	if i < 0 {
		return fmt.Errorf("%s can't happen at %s; there are %s", f.Kind, f.Site, listed(kinds))
	}
	takes := slices.ContainsFunc(kinds, func(k faultKind) bool { return k.kind == f.Kind && k.delay > 0 })
	needs := takes && kinds[i].delay > 0
	switch {
	case f.Delay > 0 && !takes:
		return fmt.Errorf("%s takes no duration", f.Kind)
	case f.Delay == 0 && needs:
		return fmt.Errorf("%s makes no difference without a duration, as in %q", f.Kind,
			Fault{f.Point, f.Kind, kinds[i].delay})
	}
	return nil
}

// kindsAt are those that may happen at a site: a call, a state, or Ended.
func kindsAt(site string) ([]faultKind, error) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		return nil, err
	}
	state, exists := machine.State(site)
	switch {
	case site == Ended:
		return endFaults, nil
	case lab.IsSite(site):
		return slices.Concat(callFaults, kindsOf(toExecutions)), nil
	case exists && state.Type == "Task":
		return slices.Concat(invocationFaults, kindsOf(toExecutions), kindsOf(onEntry)), nil
	case exists:
		return kindsOf(slices.Concat(toExecutions, onEntry)), nil
	}
	return nil, fmt.Errorf("%q is neither a state nor a call: the states are %s; the names of calls begin with %s and a "+
		"point; %q is when all executions have ended", site, strings.Join(stateNames(machine), ", "),
		strings.Join(lab.Callers, ", "), Ended)
}

func stateNames(machine *statemachine.Machine) (names []string) {
	for _, state := range machine.States() {
		names = append(names, state.Name)
	}
	return names
}

func listed(kinds []faultKind) string {
	var names []string
	for _, k := range kinds {
		if name := string(k.kind); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// whyNot says why a fault of the schedule has not come to pass.
func (p *player) whyNot(f Fault) string {
	came := p.Wire.Requests()[f.Site] + p.passed[Point{f.Site, 0}]
	if f.Kind.ofInvocation() {
		came = p.passed[Point{f.Site, 1}]
	}
	if f.Site == Ended {
		came = p.round
	}
	switch {
	case came == 0:
		return f.Site + " never came"
	case came < f.N:
		return fmt.Sprintf("%s came %s", f.Site, words.Count(came, "time"))
	}
	return fmt.Sprintf("%s came, and %s would have changed nothing there", f.Site, f.Kind)
}
