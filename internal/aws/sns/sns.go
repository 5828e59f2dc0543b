// Package sns is the SNS topic that people listen to. It implements the port
// notice.Topic.
package sns

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation/fault"
)

// Topic is one topic.
type Topic struct {
	client *sns.Client
	arn    string
}

var _ notice.Topic = (*Topic)(nil)

// New returns the topic with the ARN.
func New(cfg aws.Config, arn string) *Topic {
	return &Topic{sns.NewFromConfig(cfg), arn}
}

var topicARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
})

// IsARN tells whether a text is the ARN of a topic.
func IsARN(text string) bool { return topicARN().MatchString(text) }

// Publish hands a message to everybody who listens. Repeated, it arrives twice:
// SNS knows no idempotency for such topics, and twice is better than not at all.
// Subscriptions can filter by the attributes urgency and target.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func (t *Topic) Publish(ctx context.Context, message notice.Message) error {
	request := awsclient.Request{Action: "sns:Publish", On: "the topic " + t.arn[strings.LastIndex(t.arn, ":")+1:]}
	attributes := map[string]types.MessageAttributeValue{}
	for name, value := range map[string]string{"urgency": string(message.Urgency), "target": message.Target} {
		if value != "" { // SNS takes no empty ones
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
	}
	answer, err := t.client.Publish(ctx, &sns.PublishInput{
		TopicArn: &t.arn, Subject: &message.Subject, Message: &message.Body, MessageAttributes: attributes,
	})
	switch {
	case err != nil:
		return t.failed(request, err)
	case aws.ToString(answer.MessageId) == "":
		return request.Malformed("it names no message")
	}
	return nil
}

// failed adds what SNS says of topics and their keys to the usual mapping.
func (t *Topic) failed(request awsclient.Request, err error) error {
	switch code := awsclient.Code(err); {
	case code == "NotFound":
		return fault.Errorf(fault.ConfigurationError, "There is no SNS topic %s", t.arn)
	case code == "KMSThrottling":
		return fault.Errorf(fault.Throttled, "AWS throttles %s (%s)", request, code)
	case strings.HasPrefix(code, "KMS"):
		return fault.Errorf(fault.AccessDenied, "AWS denies %s (%s): the key that encrypts the topic cannot be used",
			request, code)
	}
	return request.Failed(err)
}
