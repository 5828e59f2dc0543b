// Command deployclusters is the function of the states DeployClusters and
// VerifyDeployment: it makes the clusters take up the new key, wave after wave.
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
		token := ssm.New(cfg, f.Clock).Token
		return rotation.Rollout{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{
				Qovery: qovery.FromEnvironment(f.Environment, f.Clock, f.Log, token),
			}),
			Keys: iam.New(cfg),
		}
	})
}
