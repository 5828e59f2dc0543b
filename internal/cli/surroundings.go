package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// scheduleStatus is a target's schedule as it is in EventBridge Scheduler.
type scheduleStatus struct {
	Missing    bool      `json:"missing,omitempty"`
	Enabled    bool      `json:"enabled"`
	Expression string    `json:"expression,omitempty"`
	Next       time.Time `json:"next,omitzero"` // the next start; the flexible window comes on top
}

// schedule reads the target's schedule. Its group is named as the state machine.
func (s *stack) schedule(ctx context.Context, target target.Target) (*scheduleStatus, error) {
	group := s.machine[strings.LastIndex(s.machine, ":")+1:]
	answer, err := scheduler.NewFromConfig(s.cfg).GetSchedule(ctx,
		&scheduler.GetScheduleInput{Name: &target.Name, GroupName: &group})
	switch {
	case awsclient.Code(err) == "ResourceNotFoundException":
		return &scheduleStatus{Missing: true}, nil
	case err != nil:
		return nil, awsclient.Request{Action: "scheduler:GetSchedule", On: target.Name}.Failed(err)
	}
	status := &scheduleStatus{Enabled: answer.State == types.ScheduleStateEnabled,
		Expression: aws.ToString(answer.ScheduleExpression)}
	var days int
	if _, err := fmt.Sscanf(status.Expression, "rate(%d day", &days); status.Enabled && err == nil {
		status.Next = nextStart(aws.ToTime(answer.StartDate), days, s.clock.Now())
	}
	return status, nil
}

// nextStart is the first time of a rate schedule that is ahead: a rate counts from
// the start date in days of 24 hours.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func nextStart(first time.Time, days int, now time.Time) time.Time {
	if first.IsZero() || first.After(now) || days < 1 {
		return first.UTC()
	}
	period := time.Duration(days) * 24 * time.Hour
	return first.Add((now.Sub(first)/period + 1) * period).UTC()
}

func (s scheduleStatus) text(now time.Time) string {
	switch {
	case s.Missing:
		return "nothing is scheduled"
	case !s.Enabled:
		return "the schedule is disabled"
	case s.Next.IsZero():
		return "by the schedule " + s.Expression
	}
	left := s.Next.Sub(now)
	if left < 48*time.Hour {
		return fmt.Sprintf("%s, in %s", words.At(s.Next), target.Duration(left.Round(time.Minute)))
	}
	return fmt.Sprintf("%s, in %s", words.At(s.Next), words.Count(int(left.Hours()/24), "day"))
}

// noticesStatus is who hears of rotations.
type noticesStatus struct {
	Topic       string       `json:"topic"`
	Subscribers []subscriber `json:"subscribers"`
	Unknown     string       `json:"unknown,omitempty"`
}

type subscriber struct {
	Protocol  string `json:"protocol"`
	Endpoint  string `json:"endpoint"`
	Confirmed bool   `json:"confirmed"`
}

// String tells of a subscriber on one line.
func (s subscriber) String() string {
	if s.Confirmed {
		return s.Endpoint
	}
	return s.Endpoint + ", not confirmed"
}

// maxSubscriberPages bounds the pages of the list: each has up to a hundred.
const maxSubscriberPages = 20

// notices reads who has subscribed to the topic. SNS tells of a subscription that
// was never confirmed by the word in place of its ARN.
// https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
func (s *stack) notices(ctx context.Context) noticesStatus {
	status := noticesStatus{Topic: s.topic, Subscribers: []subscriber{}}
	client := sns.NewFromConfig(s.cfg)
	input := &sns.ListSubscriptionsByTopicInput{TopicArn: &s.topic}
	for range maxSubscriberPages {
		answer, err := client.ListSubscriptionsByTopic(ctx, input)
		if err != nil {
			status.Unknown = strings.TrimRight(awsclient.Request{Action: "sns:ListSubscriptionsByTopic",
				On: s.topic}.Failed(err).What, ".")
			return status
		}
		for _, found := range answer.Subscriptions {
			status.Subscribers = append(status.Subscribers, subscriber{
				aws.ToString(found.Protocol), aws.ToString(found.Endpoint),
				strings.HasPrefix(aws.ToString(found.SubscriptionArn), "arn:"),
			})
		}
		if aws.ToString(answer.NextToken) == "" {
			break
		}
		input.NextToken = answer.NextToken
	}
	return status
}

func (n noticesStatus) attention() []string {
	var list []string
	for _, subscriber := range n.Subscribers {
		if !subscriber.Confirmed {
			list = append(list, subscriber.Endpoint+" has not confirmed the subscription and gets no notices: follow the "+
				"link in the message from AWS")
		}
	}
	if len(n.Subscribers) == 0 && n.Unknown == "" {
		return append(list, "Nobody has subscribed to the notices: nobody is told how rotations end")
	}
	return list
}
