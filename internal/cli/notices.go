package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"qovery-key-rotation/internal/ops/sender"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// noticesStatus is who gets the notices.
type noticesStatus struct {
	Topic       string              `json:"topic"`
	Subscribers []sender.Subscriber `json:"subscribers"`
	Unknown     string              `json:"unknown,omitempty"`
}

func (s *stack) notices(ctx context.Context) noticesStatus {
	list, err := sender.NewTopic(s.cfg, s.topic).Subscribers(ctx)
	if err != nil {
		return noticesStatus{s.topic, []sender.Subscriber{}, fault.AsError(err).What.String()}
	}
	// SNS forgets who doesn't confirm within some days.
	for email := range strings.SplitSeq(s.emails, ",") {
		if email != "" && !slices.ContainsFunc(list, func(l sender.Subscriber) bool { return l.Endpoint == email }) {
			list = append(list, sender.Subscriber{Protocol: "email", Endpoint: email})
		}
	}
	return noticesStatus{Topic: s.topic, Subscribers: list}
}

func (n noticesStatus) attention() []string {
	if len(n.Subscribers) == 0 && n.Unknown == "" {
		return []string{noSubscriber}
	}
	return []string{}
}

func (n noticesStatus) warnings() []string {
	list := []string{}
	for _, s := range n.Subscribers {
		if !s.Confirmed {
			list = append(list, words.Sentences(n.notConfirmed(s)...))
		}
	}
	return list
}

const noSubscriber = "No one has subscribed to the notices"

// notConfirmed is what is so of a subscriber, and what to do.
func (n noticesStatus) notConfirmed(s sender.Subscriber) []string {
	return []string{s.Endpoint + " has not confirmed the subscription and gets no notices",
		"Follow the link in the message from AWS; to be sent a new one: " + n.subscribe(s)}
}

// subscribe is the command that has SNS send a link to confirm.
func (n noticesStatus) subscribe(s sender.Subscriber) string {
	topic, _ := arn.Parse(n.Topic) // SNS has answered by it
	return fmt.Sprintf("aws sns subscribe --region %s --topic-arn %s --protocol %s --notification-endpoint '%s'",
		topic.Region, n.Topic, s.Protocol, strings.ReplaceAll(s.Endpoint, "'", `'\''`))
}
