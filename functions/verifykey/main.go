// Command verifykey is the function of the state VerifyKey: it signs requests
// with the new key until STS accepts it reliably.
package main

import (
	"qovery-key-rotation/internal/awsclient"
	"qovery-key-rotation/internal/dynamojournal"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/parameters"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/stsidentity"
)

func main() {
	function.Start(func(f *function.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		return rotation.VerifyKey{
			Guard:      f.Guard(dynamojournal.New(cfg, f.Required(environment.TableName))),
			Staging:    parameters.New(cfg, f.Clock).Staged(f.Prefix(environment.StagedPrefix)),
			Identities: stsidentity.New(cfg),
		}
	})
}
