// Command preflight is the function of the state Preflight: it loads the
// target, looks at IAM, Qovery and the journal, decides the plan and takes the
// lock.
package main

import (
	"qovery-key-rotation/functions/internal/qoveryclient"
	"qovery-key-rotation/internal/awsclient"
	"qovery-key-rotation/internal/cloudtrailuses"
	"qovery-key-rotation/internal/dynamojournal"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/iamkeys"
	"qovery-key-rotation/internal/parameters"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/sfnexecutions"
)

func main() {
	function.Start(func(f *function.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		keys := iamkeys.New(cfg)
		store := parameters.New(cfg, f.Clock)
		return rotation.Preflight{
			Guard: f.Guard(dynamojournal.New(cfg, f.Required(environment.TableName))),
			Needs: rotation.Needs{
				Usage:   keys,
				Trail:   cloudtrailuses.New(cfg, f.Clock),
				Staging: store.Staged(f.Prefix(environment.StagedPrefix)),
			},
			Targets:    store.Targets(f.Prefix(environment.TargetPrefix)),
			Keys:       keys,
			Qovery:     qoveryclient.New(f, store),
			Executions: sfnexecutions.New(cfg),
			NewID:      function.NewRotationID,
		}
	})
}
