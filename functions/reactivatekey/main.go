// Command reactivatekey is the function of the states ReactivateKey and
// RestoreOldKey: it makes the old key Active again.
package main

import (
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	lambda.Start(func(f *lambda.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		keys := iam.New(cfg)
		return rotation.ReactivateKey{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{Keys: keys}),
			Keys:  keys,
		}
	})
}
