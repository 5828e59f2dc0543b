package statemachine

import _ "embed"

// Definition is the one definition of the state machine: the one that is
// deployed, and the one that the simulator runs. Its functions are placeholders,
// ${preflight} and so on, named after the folders of functions/.
//
//go:embed rotation.asl.json
var Definition []byte
