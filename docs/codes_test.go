package docs

import (
	"flag"
	"os"
	"slices"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

var update = flag.Bool("update", false, "write docs/codes.md")

const page = "codes.md"

func TestPageIsCurrent(t *testing.T) {
	if *update {
		if err := os.WriteFile(page, []byte(Codes()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(page); err != nil || string(text) != Codes() {
		t.Errorf("docs/codes.md is not what is written now ('go test ./docs -update' writes it anew): "+
			"%v", err)
	}
}

// Every code is explained: what it means, what is in place, and what to type to continue.
func TestEveryCodeIsExplained(t *testing.T) {
	for _, info := range fault.Codes {
		e := explanations[info.Code]
		if e.means == "" || !e.alone && len(phases(info)) == 0 || e.alone && e.inPlace == "" {
			t.Errorf("%s: what it means or what is in place is missing", info.Code)
		}
		if typed := commands(info.Advice, e.look); len(typed) == 0 {
			t.Errorf("%s: there is nothing to type", info.Code)
		}
	}
	if len(explanations) != len(fault.Codes) {
		t.Errorf("%d explanations of %d codes", len(explanations), len(fault.Codes))
	}
}

// What is in place follows from where the definition goes: a code that a state
// catches leads to the way back that the page speaks of, and one that it does not
// catch ends the execution there.
func TestPhasesFollowTheDefinition(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]string{"DiscardKey": discarded, "ReactivateKey": broughtIn}
	for _, info := range fault.Codes {
		if explanations[info.Code].alone {
			continue
		}
		for _, name := range ordered {
			state, _ := machine.State(name)
			next := ""
			for _, catch := range state.Catch {
				if slices.Contains(catch.ErrorEquals, string(info.Code)) {
					next = catch.Next
				}
			}
			said := said(info, name)
			if want, back := ways[next]; back && said != want || next == "" && said != "" && said != whereFailed[name] {
				t.Errorf("%s in %s leads to %q, and the page says %q", info.Code, name, next, said)
			}
		}
	}
}

func said(info fault.CodeInfo, state string) string {
	for _, p := range phases(info) {
		if slices.Contains(p.states, state) {
			return p.inPlace
		}
	}
	return ""
}
