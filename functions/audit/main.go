// Command audit is the function that looks once a day whether all is as it
// should be with every target, tells people what is not, and starts what is due.
package main

import (
	"os"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/scheduler"
	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/sender"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
)

func main() {
	lambda.StartListener(func(f *lambda.Setup) lambda.Listener {
		cfg := awsclient.FromEnvironment(f.Environment)
		store := ssm.New(cfg, f.Clock)
		journal := table.New(cfg, f.Required(lambda.TableName))
		keys := iam.New(cfg)
		executions := sfn.NewExecutions(cfg)
		machine := executions.Of(f.Required(lambda.StateMachineARN))
		return audit.Auditor{
			Reader: audit.Reader{
				Clock:      f.Clock,
				Targets:    store.Targets(f.Prefix(lambda.TargetPrefix)),
				Journal:    journal,
				Executions: executions,
				Keys:       keys,
				Needs: rotation.Needs{
					Usage:   keys,
					Trail:   trail.New(cfg, f.Clock),
					Staging: store.Staged(f.Prefix(lambda.StagedPrefix)),
				},
				Qovery:    qovery.FromEnvironment(f.Environment, f.Clock, f.Log, store.Token),
				Schedules: scheduler.New(cfg, f.Required(lambda.ScheduleGroup)),
				Memory:    journal,
			},
			Names:    f.Targets(lambda.TargetNames),
			AgeLimit: f.KeyAgeLimit(lambda.KeyAgeLimitDays),
			Machine:  machine,
			Starter:  machine,
			Sender:   sender.New(f, cfg, store),
			Metrics:  lambda.MetricsTo(os.Stdout, f.Optional(lambda.AllMetrics) != ""),
		}
	})
}
