// Command createkey is the function of the state CreateKey: it creates the new
// key and stages its secret.
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
)

func main() {
	function.Start(func(f *function.Setup) rotation.Step {
		cfg := awsclient.FromEnvironment(f.Environment)
		keys := iamkeys.New(cfg)
		store := parameters.New(cfg, f.Clock)
		return rotation.CreateKey{
			Guard: f.Guard(dynamojournal.New(cfg, f.Required(environment.TableName))),
			Keys:  keys,
			Orphans: rotation.Orphans{
				Usage:     keys,
				Trail:     cloudtrailuses.New(cfg, f.Clock),
				CreatedBy: f.Role(environment.CreatorRoleARN),
			},
			Qovery:  qoveryclient.New(f, store),
			Staging: store.Staged(f.Prefix(environment.StagedPrefix)).EncryptedWith(f.KMSKey(environment.KMSKeyARN)),
		}
	})
}
