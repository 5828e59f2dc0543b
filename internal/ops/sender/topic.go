// A topic of SNS is what people subscribe to.

package sender

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Topic is one topic.
type Topic struct {
	client *sns.Client
	arn    string
}

// NewTopic returns the topic with the ARN.
func NewTopic(cfg aws.Config, arn string) *Topic {
	return &Topic{sns.NewFromConfig(cfg), arn}
}

var topicARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
})

// isTopicARN tells whether a text is the ARN of a topic.
func isTopicARN(text string) bool { return topicARN().MatchString(text) }

// Publish hands a message to all subscribers. Repeated, it arrives twice: SNS knows
// no idempotency for such topics, and twice is better than not at all. Subscriptions
// can filter by the attributes; what is empty is left out, which SNS refuses.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func (t *Topic) Publish(ctx context.Context, subject, body string, attributes map[string]string) error {
	request := t.request("sns:Publish")
	sent := map[string]types.MessageAttributeValue{}
	for name, value := range attributes {
		if value != "" {
			sent[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
	}
	input := &sns.PublishInput{TopicArn: &t.arn, Message: &body, MessageAttributes: sent}
	if subject != "" {
		input.Subject = &subject
	}
	answer, err := t.client.Publish(ctx, input)
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

// Subscriber is where the topic's messages go.
type Subscriber struct {
	Protocol  string `json:"protocol"`
	Endpoint  string `json:"endpoint"`
	Confirmed bool   `json:"confirmed"`
}

// Subscribers are those of the topic. SNS shows a subscription that was never
// confirmed by a word in place of its ARN.
// https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
func (t *Topic) Subscribers(ctx context.Context) ([]Subscriber, error) {
	list := []Subscriber{}
	pages := sns.NewListSubscriptionsByTopicPaginator(t.client, &sns.ListSubscriptionsByTopicInput{TopicArn: &t.arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, t.failed(t.request("sns:ListSubscriptionsByTopic"), err)
		}
		for _, found := range page.Subscriptions {
			list = append(list, Subscriber{aws.ToString(found.Protocol), aws.ToString(found.Endpoint),
				strings.HasPrefix(aws.ToString(found.SubscriptionArn), "arn:")})
		}
	}
	return list, nil
}

func (t *Topic) request(action string) awsclient.Request {
	return awsclient.Request{Action: action, On: words.Textf("the topic %s", words.Last(t.arn))}
}
