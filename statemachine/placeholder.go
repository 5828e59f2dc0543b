package statemachine

import (
	"slices"
)

// A definition names what only the deployment knows as ${name}, the way CloudFormation's DefinitionSubstitutions do.
var placeholderShape = onFirstUse(`\$\{([A-Za-z0-9_.-]+)\}`)

// Placeholders are the names of the placeholders in a definition, each once, in the order in which they appear.
func Placeholders(definition []byte) []string {
	var names []string
	for _, found := range placeholderShape().FindAllSubmatch(definition, -1) {
		if name := string(found[1]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
