// Command deletekey is the function of the state DeleteKey: it deletes the old
// key.
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
		keys := iam.New(cfg)
		token := ssm.New(cfg, f.Clock).Token
		return rotation.DeleteKey{
			Guard:  f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{Keys: keys}),
			Keys:   keys,
			Qovery: rotation.ReadOnly(qovery.FromEnvironment(f.Environment, f.Clock, f.Log, token)),
		}
	})
}
