package sender

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

const arn = "arn:aws:sns:eu-west-3:123456789012:notices"

const (
	subject = "production: rotated"
	body    = "Nothing is broken.\nÜberall.\n"
)

var about = map[string]string{"urgency": "none", "target": "production"}

func TestAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	topic, err := sns.NewFromConfig(cfg).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("notices")})
	if err != nil {
		t.Fatal(err)
	}
	if err := NewTopic(cfg, *topic.TopicArn).Publish(t.Context(), subject, body, about); err != nil {
		t.Error(err)
	}
	tooLong := strings.Repeat("x", 101)
	if err := NewTopic(cfg, *topic.TopicArn).Publish(t.Context(), tooLong, body, about); !fault.HasCode(err,
		fault.MalformedAnswer) {
		t.Errorf("a subject that is too long: %v", err)
	}
	if err := NewTopic(cfg, arn+"-elsewhere").Publish(t.Context(), subject, body, about); !fault.HasCode(err,
		fault.ConfigurationError) {
		t.Errorf("no such topic: %v", err)
	}
}

func TestPublish(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(awstest.XML(200, `<PublishResponse><PublishResult><MessageId>`+
		`m1</MessageId></PublishResult></PublishResponse>`)))
	topic := NewTopic(awstest.Config(server.URL), arn)
	if err := topic.Publish(t.Context(), subject, body, about); err != nil {
		t.Fatal(err)
	}
	aboutNoTarget := map[string]string{"urgency": "none", "target": ""}
	if err := topic.Publish(t.Context(), subject, body, aboutNoTarget); err != nil {
		t.Fatal(err)
	}
	requests := server.Requests()
	sent, err := url.ParseQuery(requests[0].Body)
	if err != nil || sent.Get("TopicArn") != arn || sent.Get("Subject") != subject ||
		sent.Get("Message") != body {
		t.Errorf("sent %v, %v", sent, err)
	}
	for i, want := range []map[string]string{{"target": "production", "urgency": "none"}, {"urgency": "none"}} {
		if got := attributes(t, requests[i].Body); len(got) != len(want) || got["target"] != want["target"] ||
			got["urgency"] != want["urgency"] {
			t.Errorf("attributes %v, want %v", got, want)
		}
	}
}

// attributes are a published message's.
func attributes(t *testing.T, body string) map[string]string {
	t.Helper()
	sent, err := url.ParseQuery(body)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for field := range sent {
		if entry, isName := strings.CutSuffix(field, ".Name"); isName {
			found[sent.Get(field)] = sent.Get(entry + ".Value.StringValue")
		}
	}
	return found
}

// One page after the other, and what is not confirmed.
func TestSubscribers(t *testing.T) {
	server := awstest.Serve(t, awstest.InOrder(page("email", "a@example.com", arn+":1", "more"),
		page("https", "https://example.com", "PendingConfirmation", "")))
	got, err := NewTopic(awstest.Config(server.URL), arn).Subscribers(t.Context())
	want := []Subscriber{{"email", "a@example.com", true}, {"https", "https://example.com", false}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func page(protocol, endpoint, arn, next string) awstest.Answer {
	return awstest.XML(200, `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><member>`+
		`<Protocol>`+protocol+`</Protocol><Endpoint>`+endpoint+`</Endpoint><SubscriptionArn>`+arn+`</SubscriptionArn>`+
		`</member></Subscriptions><NextToken>`+next+`</NextToken></ListSubscriptionsByTopicResult>`+
		`</ListSubscriptionsByTopicResponse>`)
}

func TestFaults(t *testing.T) {
	awstest.CheckFaults(t, awstest.Operation{Protocol: awstest.XMLProtocol, Reads: true,
		Call: func(ctx context.Context, cfg aws.Config) error {
			return NewTopic(cfg, arn).Publish(ctx, subject, body, about)
		}})
}

// What is wrong with the topic, or with the key that encrypts it.
func TestTopicsFaults(t *testing.T) {
	for code, want := range map[string]fault.Code{
		"NotFound": fault.ConfigurationError, "AuthorizationError": fault.AccessDenied,
		"KMSAccessDenied": fault.AccessDenied, "KMSDisabled": fault.AccessDenied, "KMSNotFound": fault.AccessDenied,
		"KMSThrottling": fault.Throttled, "InvalidParameter": fault.MalformedAnswer,
	} {
		status := 400
		if code == "AuthorizationError" {
			status = 403
		}
		server := awstest.Serve(t, awstest.Always(awstest.XMLError(status, code, "No")))
		err := NewTopic(awstest.Config(server.URL), arn).Publish(t.Context(), subject, body, about)
		if !fault.HasCode(err, want) || !strings.Contains(err.Error(), "notices") {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
}

func TestIsTopicARN(t *testing.T) {
	for text, want := range map[string]bool{
		arn: true, "arn:aws-cn:sns:cn-north-1:123456789012:a_b-C": true,
		"": false, "notices": false, "arn:aws:sqs:eu-west-3:123456789012:notices": false,
		"arn:aws:sns:eu-west-3:1:notices": false,
		arn + "\n":                        false,
		"arn:aws:sns:eu-west-3:123456789012:notices:1c8e3d5f-9a72-4a1d-82ef-a4d1b8065f23": false,
	} {
		if got := isTopicARN(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
