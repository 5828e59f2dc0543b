// Command notify is the function behind EventBridge's rules: it tells people, in
// words, how executions ended and which alarms rang.
package main

import (
	"context"
	"os"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/sender"
)

func main() {
	lambda.StartListener(func(f *lambda.Setup) lambda.Listener {
		cfg := awsclient.FromEnvironment(f.Environment)
		store := ssm.New(cfg, f.Clock)
		names := f.Targets(lambda.TargetNames)
		return notice.Notifier{
			Reader: notice.Reader{
				Clock:   f.Clock,
				Names:   func(context.Context) ([]string, error) { return names, nil },
				Targets: store.Targets(f.Prefix(lambda.TargetPrefix)),
				Journal: table.New(cfg, f.Required(lambda.TableName)),
				Keys:    iam.New(cfg),

				AgeLimit: f.KeyAgeLimit(lambda.KeyAgeLimitDays),
			},
			Sender:  sender.New(f, cfg, store),
			Bus:     newBus(cfg),
			Metrics: lambda.MetricsTo(os.Stdout, f.Optional(lambda.AllMetrics) != ""),
		}
	})
}
