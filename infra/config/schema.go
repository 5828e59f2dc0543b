package config

import (
	"bytes"
	_ "embed" // of the schema
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// schemaFile describes rotation.json to editors and to people.
//
//go:embed rotation.schema.json
var schemaFile []byte

var schema = sync.OnceValue(func() *jsonschema.Schema {
	const name = "rotation.schema.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaFile))
	if err != nil {
		panic(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		panic(err)
	}
	return compiler.MustCompile(name)
})

// checkSchema adds what the schema refuses and nothing else has, so that an editor
// and a deployment never differ.
func checkSchema(file []byte, found *Mistakes) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		return // read has said so
	}
	var refused *jsonschema.ValidationError
	if errors.As(schema().Validate(document), &refused) {
		addLeaves(refused, found)
	}
}

// addLeaves adds the errors that have no closer cause.
func addLeaves(e *jsonschema.ValidationError, found *Mistakes) {
	for _, cause := range e.Causes {
		addLeaves(cause, found)
	}
	path := pathOf(e.InstanceLocation)
	if len(e.Causes) == 0 && !found.has(path) && !found.hasWithin(path) {
		problem := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		found.add(path, problem, "see infra/config/rotation.schema.json")
	}
}

// pathOf writes a location as mistakes do: targets[0].name.
func pathOf(location []string) (path string) {
	for _, part := range location {
		switch {
		case part[0] >= '0' && part[0] <= '9':
			path += fmt.Sprintf("[%s]", part)
		case path == "":
			path = part
		default:
			path += "." + part
		}
	}
	return path
}

// Field is what the schema says of one field.
type Field struct {
	Description string            `json:"description"`
	Type        string            `json:"type"`
	Pattern     string            `json:"pattern"`
	Enum        []string          `json:"enum"`
	Default     json.RawMessage   `json:"default"`
	Minimum     *int              `json:"minimum"`
	Maximum     *int              `json:"maximum"`
	Examples    []json.RawMessage `json:"examples"`
	Items       *Field            `json:"items"` // of a list
	Ref         string            `json:"$ref"`  // of the definition that says the rest
}

// Object is one of the schema's definitions.
type Object struct {
	Pattern    string           `json:"pattern"` // of one that is a string
	Properties map[string]Field `json:"properties"`
	Required   []string         `json:"required"`
}

// WholeFile is the name of the configuration among the objects.
const WholeFile = "configuration"

// Objects are the schema's definitions by name, and the configuration itself.
func Objects() map[string]Object {
	var file struct {
		Object
		Defs map[string]Object `json:"$defs"`
	}
	if err := json.Unmarshal(schemaFile, &file); err != nil {
		panic("config: the schema: " + err.Error())
	}
	file.Defs[WholeFile] = file.Object
	return file.Defs
}
