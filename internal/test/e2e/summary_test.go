//go:build integration

package main

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"qovery-key-rotation/internal/test/awstest"
)

// summary is what is told when all tests have run.
var summary struct {
	mu      sync.Mutex
	rows    []string       // of the table of scenarios
	calls   map[string]int // by function, as are the others
	refused map[string]int
	needs   map[string]map[awstest.Need]bool
}

func (w *world) collect() {
	summary.mu.Lock()
	defer summary.mu.Unlock()
	if summary.calls == nil {
		summary.calls, summary.refused = map[string]int{}, map[string]int{}
		summary.needs = map[string]map[awstest.Need]bool{}
	}
	w.set(func() {
		for name, n := range w.refused {
			summary.refused[name] += n
		}
	})
	for _, call := range w.gateway.Calls() {
		name, isFunction := functionOf(call.Caller)
		if !isFunction {
			continue
		}
		summary.calls[name]++
		if summary.needs[name] == nil {
			summary.needs[name] = map[awstest.Need]bool{}
		}
		for _, need := range call.Needs {
			summary.needs[name][need] = true
		}
	}
}

// summarize prints the tables, and tells whether every function was allowed what it
// did, and is allowed nothing more.
func summarize() bool {
	fmt.Println("\nscenarios, simulator against moto:")
	slices.Sort(summary.rows)
	for _, row := range summary.rows {
		fmt.Println("  " + row)
	}
	fmt.Println("\nfunctions:")
	good, all := true, flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	for _, name := range slices.Sorted(maps.Keys(shipped.template.Functions)) {
		verdict, refused := "grants = usage", summary.refused[name]
		if !all {
			verdict = "(not all scenarios ran)"
		} else if unused := unused(shipped.template.Functions[name].Grants, summary.needs[name]); len(unused) > 0 {
			good, verdict = false, "never did "+strings.Join(unused, ", ")
		}
		good = good && refused == 0
		fmt.Printf("  %-20s %6d AWS calls authorized, %d refused   %s\n", name, summary.calls[name]-refused, refused, verdict)
	}
	return good
}

// unused is what a function may do and never did. The delivery of logs and traces is
// Lambda's affair.
func unused(grants []awstest.Grant, needs map[awstest.Need]bool) []string {
	var found []string
	for _, grant := range grants {
		used := strings.HasPrefix(grant.Action, "logs:") || strings.HasPrefix(grant.Action, "xray:")
		for need := range needs {
			used = used || grant.Allows(need.Action, need.Resource, need.Key)
		}
		if !used {
			found = append(found, strings.TrimSpace(grant.Action+" on "+grant.Resource+" "+grant.Keys))
		}
	}
	slices.Sort(found)
	return found
}
