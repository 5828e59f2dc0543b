// Command verifykey is the function of the state VerifyKey: it signs requests
// with the new key until STS accepts it reliably.
package main

import (
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	lambda.Start(func(f *lambda.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		return rotation.VerifyKey{
			Guard:      f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{}),
			Staging:    ssm.New(cfg, f.Clock).Staged(f.Prefix(lambda.StagedPrefix)),
			Identities: identities{cfg},
		}
	})
}
