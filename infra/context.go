package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// The configuration's file, and the key of the context that names another: the
// CDK's option -c config=PATH.
const (
	ownFile     = "rotation.json"
	exampleFile = "rotation.example.json"
	pathKey     = "config"
)

// readFile reads the configuration. Where there is none yet, the example shows
// what a template looks like; 'make deploy' refuses that.
func readFile(warnings io.Writer) (name string, data []byte, err error) {
	name, err = fileName()
	if err != nil {
		return "", nil, err
	}
	data, err = os.ReadFile(cmp.Or(name, ownFile))
	switch {
	case name == "" && errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(warnings, "There is no %s: this is %s. Before you deploy, write yours with "+
			"'go run ./cmd/rotate init'.\n", ownFile,
			exampleFile)
		name = exampleFile
		data, err = os.ReadFile(name)
	case name == "":
		name = ownFile
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return name, data, nil
}

// fileName is the file that the context names, if it names one.
func fileName() (string, error) {
	context, err := readContext()
	if err != nil {
		return "", err
	}
	for name := range context {
		switch lower := strings.ToLower(name); {
		case lower == "rotation" || strings.HasPrefix(lower, "rotation."):
			return "", fmt.Errorf("the configuration stands in %s now, not in the context of cdk.json: move what is "+
				"under %q there", ownFile, name)
		case name != pathKey && strings.HasPrefix(lower, pathKey):
			return "", fmt.Errorf("the context has %q, which nothing reads; the configuration's path is %q", name, pathKey)
		}
	}
	if context[pathKey] == nil {
		return "", nil
	}
	var name string
	if json.Unmarshal(context[pathKey], &name) != nil || name == "" {
		return "", fmt.Errorf("the context's %q is not the path of a file", pathKey)
	}
	return name, nil
}

// readContext is the context that the CDK has, too, but only once Node runs: read
// here, mistakes show at once.
func readContext() (map[string]json.RawMessage, error) {
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
	return context, nil
}
