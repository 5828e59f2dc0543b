package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"qovery-key-rotation/internal/rotation/strictjson"
)

// The CDK's CLI hands the context over in a variable, and what does not fit into
// that in a file.
const (
	contextVariable = "CDK_CONTEXT_JSON"
	contextFile     = "CONTEXT_OVERFLOW_LOCATION_ENV"
)

// readContext returns the context's value under a key, or nil. The CDK has it
// too, but only once Node runs: read here, mistakes show at once.
func readContext(key string) (json.RawMessage, error) {
	sources := []string{os.Getenv(contextVariable)}
	if sources[0] == "" {
		return nil, errors.New("this is the CDK's app: run make synth")
	}
	if name := os.Getenv(contextFile); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the context: %w", err)
		}
		sources = append(sources, string(data))
	}
	context := map[string]json.RawMessage{}
	for _, source := range sources {
		if err := strictjson.Err(strictjson.Read("", []byte(source), &context, nil)); err != nil {
			return nil, fmt.Errorf("the context is wrong: %w", err)
		}
	}
	for name := range context {
		if name != key && strings.HasPrefix(strings.ToLower(name), key) {
			return nil, fmt.Errorf("the context has %q, which nothing reads; the configuration is %q", name, key)
		}
	}
	return context[key], nil
}

// configurationFile is where the context comes from.
const configurationFile = "cdk.json"

// checkFile makes sure that no name stands twice in cdk.json: the CDK's CLI hands
// over the last of them, and nobody would hear of the others.
func checkFile() error {
	data, err := os.ReadFile(configurationFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	var file any
	if err := strictjson.Err(strictjson.Read("", data, &file, nil)); err != nil {
		return fmt.Errorf("%s: %w", configurationFile, err)
	}
	return nil
}
