package config

import "encoding/json"

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
