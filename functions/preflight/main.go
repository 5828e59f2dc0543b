// Command preflight is the function of the state Preflight: it loads the
// target, looks at IAM, Qovery and the journal, decides the plan and takes the
// lock.
package main

import (
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	lambda.Start(func(f *lambda.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		keys := iam.New(cfg)
		store := ssm.New(cfg, f.Clock)
		staged := store.Staged(f.Prefix(lambda.StagedPrefix))
		return rotation.Preflight{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{Staging: staged}),
			Needs: rotation.Needs{
				Usage:   keys,
				Trail:   trail.New(cfg, f.Clock),
				Staging: staged,
			},
			Targets:    store.Targets(f.Prefix(lambda.TargetPrefix)),
			Keys:       keys,
			Qovery:     rotation.ReadOnly(qovery.FromEnvironment(f.Environment, f.Clock, f.Log, store.Token)),
			Executions: sfn.NewExecutions(cfg),
			NewID:      lambda.NewRotationID,
			AgeLimit:   f.KeyAgeLimit(lambda.KeyAgeLimitDays),
		}
	})
}
