// Command complete is the function of the state Complete: it closes the
// journal's record and sums the rotation up.
package main

import (
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	lambda.Start(func(f *lambda.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		store := ssm.New(cfg, f.Clock)
		return rotation.Complete{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{
				Staging: store.Staged(f.Prefix(lambda.StagedPrefix)),
			}),
			Keys:   iam.New(cfg),
			Qovery: rotation.ReadOnly(qovery.FromEnvironment(f.Environment, f.Clock, f.Log, store.Token)),
		}
	})
}
