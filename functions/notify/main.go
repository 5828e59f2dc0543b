// Command notify is the function behind EventBridge's rules: it tells people, in
// words, how executions ended and which alarms rang.
package main

import (
	"context"
	"os"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/sns"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/emf"
	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/function"
	"qovery-key-rotation/internal/notice"
)

func main() {
	function.StartListener(func(f *function.Setup) function.Listener {
		cfg := awsclient.FromEnvironment(f.Environment)
		topic := f.Required(environment.TopicARN)
		if topic != "" && !sns.IsARN(topic) {
			f.Reject(environment.TopicARN, "is no ARN of an SNS topic")
		}
		names := f.Targets(environment.TargetNames)
		return notice.Notifier{
			Reader: notice.Reader{
				Clock:   f.Clock,
				Names:   func(context.Context) ([]string, error) { return names, nil },
				Targets: ssm.New(cfg, f.Clock).Targets(f.Prefix(environment.TargetPrefix)),
				Journal: table.New(cfg, f.Required(environment.TableName)),
				Keys:    iam.New(cfg),
			},
			Topic:   sns.New(cfg, topic),
			Metrics: emf.To(os.Stdout),
			Log:     f.Log,
		}
	})
}
