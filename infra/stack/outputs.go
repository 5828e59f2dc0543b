package stack

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/internal/version"
	"qovery-key-rotation/statemachine"
)

// newOutputs shows what a person needs right after the deployment.
func (b *builder) newOutputs(machine awsstepfunctions.StateMachine) {
	b.output("StateMachineArn", "The state machine that rotates", *machine.StateMachineArn())
	b.output("TopicArn", "The topic with the notices: subscribe to it to hear of every rotation", *b.topic.TopicArn())
	b.output("ChatTopicArn", "The topic for chats: give it to Amazon Q Developer in chat applications",
		*b.chat.TopicArn())
	b.output("TableName", "The journal: open and past rotations", *b.journal.TableName())
	b.output("KeyAgeLimitDays", "The age at which a key is too old, for the command line",
		strconv.Itoa(b.props.Config.KeyAgeLimitDays))
	b.output("Definition", "Which state machine this is, for the command line", statemachine.Fingerprint())
	if v := version.Read(); v.Known() {
		b.output("Version", "Which version was deployed, for the command line", v.Release)
	}
	var emails []string
	for _, s := range b.subscriptions() {
		emails = append(emails, s.Email)
	}
	if len(emails) > 0 {
		b.output("AlertEmails", "Who is to be notified, for the command line", strings.Join(emails, ","))
	}
	if names := b.webhookParameters(); len(names) > 0 {
		b.output("WebhookParameters", "Where the addresses of webhooks are, for the command line", strings.Join(names, ","))
	}
	for i, name := range b.webhookParameters() {
		b.output("PutWebhook"+number(i), "Reads a webhook's address, without showing it, into "+name, b.putSecret(name))
	}
	if url := b.props.Config.QoveryAPIURL; url != "" {
		b.output("QoveryApiUrl", "Where Qovery's API is, for this stack and for the command line", url)
	}
	for i, name := range b.tokenNames() {
		b.output("PutToken"+number(i), "Reads Qovery's API token, without showing it, into "+name, b.putSecret(name))
	}
	for i, target := range b.props.Stack.Targets {
		b.output("DryRun"+number(i), "Shows what a rotation of "+target.Name+" would do, and changes nothing",
			b.dryRun(machine, target.Name))
	}
}

// number is nothing for the first of several, so that the one that most stacks
// have needs no number.
func number(i int) string {
	if i == 0 {
		return ""
	}
	return strconv.Itoa(i + 1)
}

// putSecret keeps a secret out of the shell's history and the list of processes.
func (b *builder) putSecret(name string) string {
	key := ""
	if b.key != nil {
		key = " --key-id " + keyAlias
	}
	return fmt.Sprintf(`read -rs TOKEN; printf %%s "$TOKEN" | aws ssm put-parameter --region %s --name %s --type `+
		`SecureString%s --overwrite --value file:///dev/stdin; unset TOKEN`,
		*b.Region(), name, key)
}

func (b *builder) dryRun(machine awsstepfunctions.StateMachine, target string) string {
	return strings.Join([]string{
		"aws stepfunctions start-execution",
		"--region", *b.Region(),
		"--state-machine-arn", *machine.StateMachineArn(),
		"--name", target + "-dry-run-$(date +%s)",
		"--input", `'{"target": "` + target + `", "dryRun": true}'`,
	}, " ")
}

func (b *builder) output(name, description, value string) {
	awscdk.NewCfnOutput(b.Stack, &name,
		&awscdk.CfnOutputProps{Description: jsii.String(description), Value: jsii.String(value)})
}
