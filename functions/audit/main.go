// Command audit is the function that looks once a day whether all is as it
// should be with every target, and tells people what is not.
package main

import (
	"os"

	"qovery-key-rotation/functions/internal/qoveryclient"
	"qovery-key-rotation/internal/audit"
	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/scheduler"
	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/aws/sns"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/emf"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	function.StartListener(func(f *function.Setup) function.Listener {
		cfg := awsclient.FromEnvironment(f.Environment)
		topic := f.Required(environment.TopicARN)
		if topic != "" && !sns.IsARN(topic) {
			f.Reject(environment.TopicARN, "is no ARN of an SNS topic")
		}
		store := ssm.New(cfg, f.Clock)
		journal := table.New(cfg, f.Required(environment.TableName))
		keys := iam.New(cfg)
		return audit.Auditor{
			Reader: audit.Reader{
				Clock:      f.Clock,
				Targets:    store.Targets(f.Prefix(environment.TargetPrefix)),
				Journal:    journal,
				Executions: sfn.NewExecutions(cfg),
				Keys:       keys,
				Needs: rotation.Needs{
					Usage:   keys,
					Trail:   trail.New(cfg, f.Clock),
					Staging: store.Staged(f.Prefix(environment.StagedPrefix)),
				},
				Qovery:    qoveryclient.New(f, store),
				Schedules: scheduler.New(cfg, f.Required(environment.ScheduleGroup)),
			},
			Names:    f.Targets(environment.TargetNames),
			AgeLimit: f.KeyAgeLimit(environment.KeyAgeLimitDays),
			Memory:   journal,
			Topic:    sns.New(cfg, topic),
			Metrics:  emf.To(os.Stdout),
			Log:      f.Log,
		}
	})
}
