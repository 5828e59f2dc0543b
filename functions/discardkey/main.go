// Command discardkey is the function of the state DiscardKey: it deletes the
// new key and its secret, and closes the record.
package main

import (
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
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
		return rotation.DiscardKey{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{
				Keys:    keys,
				Staging: store.Staged(f.Prefix(lambda.StagedPrefix)),
			}),
			Keys: keys,
			Orphans: rotation.Orphans{
				Usage:     keys,
				Trail:     trail.New(cfg, f.Clock),
				CreatedBy: f.Role(lambda.CreatorRoleARN),
			},
			Qovery: rotation.ReadOnly(qovery.FromEnvironment(f.Environment, f.Clock, f.Log, store.Token)),
		}
	})
}
