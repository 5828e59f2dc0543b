// Command checkusage is the function of the state CheckUsage: it asks whether
// anything still uses the old key.
package main

import (
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	lambda.Start(func(f *lambda.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		keys := iam.New(cfg)
		return rotation.CheckUsage{
			Guard: f.Guard(table.New(cfg, f.Required(lambda.TableName)), rotation.Writers{}),
			Keys:  keys,
			Usage: keys,
			Trail: trail.New(cfg, f.Clock),
		}
	})
}
