// Command checkusage is the function of the state CheckUsage: it asks whether
// anything still uses the old key.
package main

import (
	"qovery-key-rotation/internal/awsclient"
	"qovery-key-rotation/internal/cloudtrailuses"
	"qovery-key-rotation/internal/dynamojournal"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/iamkeys"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	function.Start(func(f *function.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		keys := iamkeys.New(cfg)
		return rotation.CheckUsage{
			Guard: f.Guard(dynamojournal.New(cfg, f.Required(environment.TableName))),
			Keys:  keys,
			Usage: keys,
			Trail: cloudtrailuses.New(cfg, f.Clock),
		}
	})
}
