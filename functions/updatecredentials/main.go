// Command updatecredentials is the function of the state UpdateCredentials: it
// puts the new key into every location that held the old one.
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
		staged := store.Staged(f.Prefix(lambda.StagedPrefix))
		return rotation.UpdateCredentials{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{
				Staging: staged,
				Qovery:  qovery.FromEnvironment(f.Environment, f.Clock, f.Log, store.Token),
			}),
			Keys:    iam.New(cfg),
			Staging: staged,
		}
	})
}
