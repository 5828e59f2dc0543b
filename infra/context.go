package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// The CDK's CLI hands the context over in a variable, and what does not fit into
// that in a file.
const (
	contextVariable = "CDK_CONTEXT_JSON"
	contextFile     = "CONTEXT_OVERFLOW_LOCATION_ENV"
)

// readContext returns the context's value under a key, or nil. The CDK has it
// too, but only once Node runs: read here, mistakes show at once.
func readContext(key string) (any, error) {
	sources := []string{os.Getenv(contextVariable)}
	if name := os.Getenv(contextFile); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the context: %w", err)
		}
		sources = append(sources, string(data))
	}
	context := map[string]any{}
	for _, source := range sources {
		if source == "" {
			continue
		}
		if err := json.Unmarshal([]byte(source), &context); err != nil {
			return nil, fmt.Errorf("the context is no JSON object: %w", err)
		}
	}
	return context[key], nil
}
