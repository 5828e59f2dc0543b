// Command reactivatekey is the function of the states ReactivateKey and
// RestoreOldKey: it makes the old key Active again.
package main

import (
	"qovery-key-rotation/internal/awsclient"
	"qovery-key-rotation/internal/dynamojournal"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/iamkeys"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	function.Start(func(f *function.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		return rotation.ReactivateKey{
			Guard: f.Guard(dynamojournal.New(cfg, f.Required(environment.TableName))),
			Keys:  iamkeys.New(cfg),
		}
	})
}
