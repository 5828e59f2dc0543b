package stack

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// template is a template as it was written.
type template struct {
	Description string
	Parameters  map[string]map[string]any
	Resources   map[string]entry
	Outputs     map[string]struct {
		Description string
		Value       any
	}
}

// entry is one resource of a template.
type entry struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string         `json:",omitempty"`
	DependsOn      any            `json:",omitempty"` // an id, or a list of them
	Metadata       map[string]any `json:",omitempty"`
}

func readTemplate(t *testing.T, file string) template {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var read template
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// all returns the resources of a type, by the ids that this package gives them.
func (tpl template) all(kind string) map[string]entry {
	found := map[string]entry{}
	for id, resource := range tpl.Resources {
		if resource.Type == kind {
			found[plainID(id)] = resource
		}
	}
	return found
}

// one returns the only resource of a type.
func (tpl template) one(t *testing.T, kind string) entry {
	t.Helper()
	found := slices.Collect(maps.Values(tpl.all(kind)))
	if len(found) != 1 {
		t.Fatalf("there are %d resources of the type %s, not one", len(found), kind)
	}
	return found[0]
}

// property resolves a property at a path, such as "Target.Input".
func (e entry) property(path string) any {
	var value any = e.Properties
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return resolve(value)
}

func (e entry) text(path string) string {
	text, _ := e.property(path).(string)
	return text
}

var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

// plainID takes the CDK's hash off a logical id.
func plainID(id string) string { return hash.ReplaceAllString(id, "") }

// pseudo is what CloudFormation knows at deployment, and the values of parameters.
var pseudo = map[string]string{"AWS::Partition": "aws", "AWS::Region": "eu-west-3", "AWS::AccountId": "123456789012"}

// resolve works out intrinsic functions as CloudFormation would; a reference to
// a resource becomes ${id}, or ${id.attribute}.
func resolve(value any) any {
	switch value := value.(type) {
	case []any:
		resolved := make([]any, len(value))
		for i := range value {
			resolved[i] = resolve(value[i])
		}
		return resolved
	case map[string]any:
		if name, ok := value["Ref"].(string); ok {
			if known, ok := pseudo[name]; ok {
				return known
			}
			return "${" + plainID(name) + "}"
		}
		if parts, ok := value["Fn::GetAtt"].([]any); ok {
			return "${" + plainID(parts[0].(string)) + "." + parts[1].(string) + "}"
		}
		if join, ok := value["Fn::Join"].([]any); ok {
			var text []string
			for _, part := range join[1].([]any) {
				text = append(text, resolve(part).(string))
			}
			return strings.Join(text, join[0].(string))
		}
		resolved := map[string]any{}
		for name := range value {
			resolved[name] = resolve(value[name])
		}
		return resolved
	}
	return value
}

// list is a value that CloudFormation lets be one thing or several.
func list(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var texts []string
		for _, v := range value {
			texts = append(texts, v.(string))
		}
		return texts
	}
	return nil
}

// strings visits every string in a value.
func eachString(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case []any:
		for _, v := range value {
			eachString(v, visit)
		}
	case map[string]any:
		for _, v := range value {
			eachString(v, visit)
		}
	}
}
