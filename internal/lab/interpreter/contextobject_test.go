package interpreter

import (
	"qovery-key-rotation/statemachine"
	"testing"
)

// What a definition may read, an execution can tell.
func TestEveryContextPathLeadsSomewhere(t *testing.T) {
	for _, path := range statemachine.ContextPaths {
		if contextValues[path] == nil {
			t.Errorf("%s leads nowhere", path)
		}
	}
	if len(statemachine.ContextPaths) != len(contextValues) {
		t.Errorf("%d paths are known, and %d lead somewhere", len(statemachine.ContextPaths), len(contextValues))
	}
}
