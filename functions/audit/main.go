// Command audit is the function that looks once a day whether all is as it
// should be with every target, and tells people what is not.
package main

import (
	"os"

	"qovery-key-rotation/functions/internal/qoveryclient"
	"qovery-key-rotation/internal/audit"
	"qovery-key-rotation/internal/awsclient"
	"qovery-key-rotation/internal/cloudtrailuses"
	"qovery-key-rotation/internal/dynamojournal"
	"qovery-key-rotation/internal/emf"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/iamkeys"
	"qovery-key-rotation/internal/parameters"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/schedules"
	"qovery-key-rotation/internal/sfnexecutions"
	"qovery-key-rotation/internal/snstopic"
)

func main() {
	function.StartListener(func(f *function.Setup) function.Listener {
		cfg := awsclient.FromEnvironment(f.Environment)
		topic := f.Required(environment.TopicARN)
		if topic != "" && !snstopic.IsARN(topic) {
			f.Reject(environment.TopicARN, "is no ARN of an SNS topic")
		}
		store := parameters.New(cfg, f.Clock)
		journal := dynamojournal.New(cfg, f.Required(environment.TableName))
		keys := iamkeys.New(cfg)
		return audit.Auditor{
			Reader: audit.Reader{
				Clock:      f.Clock,
				Targets:    store.Targets(f.Prefix(environment.TargetPrefix)),
				Journal:    journal,
				Executions: sfnexecutions.New(cfg),
				Keys:       keys,
				Needs: rotation.Needs{
					Usage:   keys,
					Trail:   cloudtrailuses.New(cfg, f.Clock),
					Staging: store.Staged(f.Prefix(environment.StagedPrefix)),
				},
				Qovery:    qoveryclient.New(f, store),
				Schedules: schedules.New(cfg, f.Required(environment.ScheduleGroup)),
			},
			Names:    f.Targets(environment.TargetNames),
			AgeLimit: f.KeyAgeLimit(environment.KeyAgeLimitDays),
			Memory:   journal,
			Topic:    snstopic.New(cfg, topic),
			Metrics:  emf.To(os.Stdout),
			Log:      f.Log,
		}
	})
}
