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
	mu    sync.Mutex
	rows  []string // of the table of scenarios
	calls map[string]int
	needs map[string]map[awstest.Need]bool // by function
}

func (w *world) collect() {
	summary.mu.Lock()
	defer summary.mu.Unlock()
	if summary.calls == nil {
		summary.calls, summary.needs = map[string]int{}, map[string]map[awstest.Need]bool{}
	}
	functions := map[string]string{}
	for name := range shipped.template.Functions {
		functions[callerOf(name)] = name
	}
	for _, call := range w.gateway.Calls() {
		name, isFunction := functions[call.Caller]
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

// summarize prints the tables, and tells whether every function may do what it
// does and nothing more.
func summarize() bool {
	fmt.Println("\nscenarios, simulator against moto:")
	slices.Sort(summary.rows)
	for _, row := range summary.rows {
		fmt.Println("  " + row)
	}
	fmt.Println("\nfunctions:")
	good, all := true, flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	for _, name := range slices.Sorted(maps.Keys(shipped.template.Functions)) {
		problems := differences(name, shipped.template.Functions[name].Grants, summary.needs[name], all)
		verdict := "grants = usage"
		if !all {
			verdict = "usage within grants (not all scenarios ran)"
		}
		if len(problems) > 0 {
			good, verdict = false, strings.Join(problems, "\n"+strings.Repeat(" ", 40))
		}
		fmt.Printf("  %-20s %6d AWS calls   %s\n", name, summary.calls[name], verdict)
	}
	return good
}

// differences are what a function did and may not, and, where all has been tried
// that there is, what it may and never did. The delivery of logs and traces is
// Lambda's affair.
func differences(name string, grants []awstest.Grant, needs map[awstest.Need]bool, all bool) []string {
	var found []string
	used := make([]bool, len(grants))
	for need := range needs {
		allowed := false
		for i, grant := range grants {
			if grant.Allows(need.Action, need.Resource, need.Key) {
				used[i], allowed = true, true
			}
		}
		if !allowed {
			found = append(found,
				fmt.Sprintf("%s did %s on %s, which it may not", name, need.Action, strings.TrimSpace(need.Resource+" "+need.Key)))
		}
	}
	for i, grant := range grants {
		delivery := strings.HasPrefix(grant.Action, "logs:") || strings.HasPrefix(grant.Action, "xray:")
		if all && !used[i] && !delivery {
			found = append(found,
				fmt.Sprintf("%s may do %s on %s, and never did", name, grant.Action,
					strings.TrimSpace(grant.Resource+" "+grant.Keys)))
		}
	}
	slices.Sort(found)
	return found
}
