// The account's default event bus in EventBridge, which takes what others may react to.

package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation/fault"
)

// source is what rules know this system's events by.
const source = "qovery-key-rotation"

// bus is the default bus.
type bus struct{ client *eventbridge.Client }

func newBus(cfg aws.Config) *bus { return &bus{eventbridge.NewFromConfig(cfg)} }

// Put sends an event of a type. Repeated, it arrives twice.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (b *bus) Put(ctx context.Context, kind string, detail any) error {
	request := awsclient.Request{Action: "events:PutEvents", On: "the default event bus"}
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	answer, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		{Source: aws.String(source), DetailType: &kind, Detail: aws.String(string(text))}}})
	switch {
	case err != nil:
		return request.Failed(err)
	case answer.FailedEntryCount > 0:
		return fault.Errorf(fault.Unreachable, "EventBridge did not take an event")
	}
	return nil
}
