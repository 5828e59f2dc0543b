// Package bus is the account's default event bus in EventBridge.
package bus

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation/fault"
)

// Source is what rules know this system's events by.
const Source = "qovery-key-rotation"

// Bus is the default bus.
type Bus struct{ client *eventbridge.Client }

// New returns the bus.
func New(cfg aws.Config) *Bus { return &Bus{eventbridge.NewFromConfig(cfg)} }

// Put sends an event of a type. Repeated, it arrives twice.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (b *Bus) Put(ctx context.Context, kind string, detail any) error {
	request := awsclient.Request{Action: "events:PutEvents", On: "the default event bus"}
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	answer, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		{Source: aws.String(Source), DetailType: &kind, Detail: aws.String(string(text))}}})
	switch {
	case err != nil:
		return request.Failed(err)
	case answer.FailedEntryCount > 0:
		return fault.Errorf(fault.Unreachable, "EventBridge did not take an event")
	}
	return nil
}
