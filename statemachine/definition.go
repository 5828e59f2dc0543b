package statemachine

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"slices"
)

// Definition is the one definition of the state machine: the one that is
// deployed, and the one that the simulator runs. Its functions are placeholders,
// ${preflight} and so on, named after the folders of functions/.
//
//go:embed rotation.asl.json
var Definition []byte

// Fingerprint tells definitions apart: of the one that is deployed and this one.
func Fingerprint() string {
	sum := sha256.Sum256(Definition)
	return hex.EncodeToString(sum[:6])
}

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
