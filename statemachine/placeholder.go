package statemachine

import (
	"fmt"
	"regexp"
	"slices"
)

// A definition names what only the deployment knows as ${name}, the way CloudFormation's DefinitionSubstitutions do.
var placeholderShape = regexp.MustCompile(`\$\{([A-Za-z0-9_.-]+)\}`)

// Placeholders are the names of the placeholders in a definition, each once, in the order in which they appear.
func Placeholders(definition []byte) []string {
	var names []string
	for _, found := range placeholderShape.FindAllSubmatch(definition, -1) {
		if name := string(found[1]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Substitute fills in the placeholders of a definition. A value is escaped as the inside of a JSON string.
func Substitute(definition []byte, value func(placeholder string) (string, error)) ([]byte, error) {
	values := map[string][]byte{}
	for _, name := range Placeholders(definition) {
		text, err := value(name)
		if err != nil {
			return nil, fmt.Errorf("filling in ${%s}: %w", name, err)
		}
		quoted := quote(text)
		values[name] = quoted[1 : len(quoted)-1]
	}
	return placeholderShape.ReplaceAllFunc(definition, func(found []byte) []byte {
		return values[string(found[2:len(found)-1])]
	}), nil
}
