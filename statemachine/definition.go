package statemachine

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
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
