// Package sender reaches people: by the SNS topics that they subscribe to (topic.go), and
// by the webhooks of chats (webhook.go). It builds what functions send messages with out of
// their environment.
package sender

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
)

// New builds the sender: the topic of e-mails, that of chats, and the webhooks that are
// configured.
func New(f *lambda.Setup, cfg aws.Config, store *ssm.Store) *notice.Sender {
	s := &notice.Sender{Topic: topic(f, cfg, lambda.TopicARN), Log: f.Log,
		Chats: []notice.Chat{notice.ChatTopic{Topic: topic(f, cfg, lambda.ChatTopicARN)}}}
	hook := func(parameter string) webhook {
		return webhook{clock: f.Clock, address: func(ctx context.Context) (rotation.Secret, error) {
			return store.Webhook(ctx, parameter)
		}}
	}
	if parameter := f.Optional(lambda.SlackWebhookParameter); parameter != "" {
		s.Chats = append(s.Chats, notice.Slack{Hook: hook(parameter)})
	}
	if parameter := f.Optional(lambda.TeamsWebhookParameter); parameter != "" {
		s.Chats = append(s.Chats, notice.Teams{Hook: hook(parameter)})
	}
	return s
}

func topic(f *lambda.Setup, cfg aws.Config, name string) *Topic {
	arn := f.Required(name)
	if arn != "" && !isTopicARN(arn) {
		f.Reject(name, "isn't the ARN of an SNS topic")
	}
	return NewTopic(cfg, arn)
}
