package trail

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// event is an event, and the use of a key that it is.
type event struct {
	use     rotation.Use
	source  string // "iam.amazonaws.com"
	details details
}

// details is what is read of the record that an event carries.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type details struct {
	AWSRegion       string `json:"awsRegion"`
	SourceIPAddress string `json:"sourceIPAddress"`
	UserAgent       string `json:"userAgent"`
	ErrorCode       string `json:"errorCode"`
	UserIdentity    struct {
		ARN            string `json:"arn"`
		AccessKeyID    string `json:"accessKeyId"`
		SessionContext struct {
			SessionIssuer struct {
				ARN string `json:"arn"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
}

// events reads a page. One event that cannot be read makes the page worthless:
// it may be the one that matters.
func events(request awsclient.Request, q query, answer *cloudtrail.LookupEventsOutput) ([]event, error) {
	if answer.Events == nil {
		return nil, request.Malformed("it holds no list of events")
	}
	var page []event
	for _, e := range answer.Events {
		read, err := readEvent(request, q, e)
		if err != nil {
			return nil, err
		}
		page = append(page, read)
	}
	return page, nil
}

// readEvent reads an event, which must be one that was asked for. Dropping another
// would be to guess what it is doing there.
func readEvent(request awsclient.Request, q query, e types.Event) (event, error) {
	read := event{source: aws.ToString(e.EventSource)}
	switch {
	case e.EventTime == nil || e.EventTime.IsZero():
		return event{}, request.Malformed("an event has no time")
	case aws.ToString(e.EventName) == "" || read.source == "":
		return event{}, request.Malformed("an event has no name or no source")
	case json.Unmarshal([]byte(aws.ToString(e.CloudTrailEvent)), &read.details) != nil:
		return event{}, request.Malformed("an event's record cannot be read")
	case read.details.AWSRegion == "":
		return event{}, request.Malformed("an event's record has no region")
	case !q.asksFor(e, read.details):
		return event{}, request.Malformed("an event is not about the key")
	case !q.includes(*e.EventTime):
		return event{}, request.Malformed("an event is from another time")
	}
	read.use = rotation.Use{
		At:        e.EventTime.UTC(),
		Event:     line(*e.EventName),
		Service:   line(strings.TrimSuffix(read.source, ".amazonaws.com")),
		Region:    line(read.details.AWSRegion),
		Source:    line(read.details.SourceIPAddress),
		UserAgent: line(read.details.UserAgent),
	}
	return read, nil
}

// asksFor tells whether the event is about the key: by it, or about it as a
// resource. Not every event names the key that it was by beside its record.
func (q query) asksFor(e types.Event, record details) bool {
	if q.by == types.LookupAttributeKeyAccessKeyId {
		return cmp.Or(aws.ToString(e.AccessKeyId), record.UserIdentity.AccessKeyID) == string(q.id)
	}
	return slices.ContainsFunc(e.Resources, func(r types.Resource) bool {
		return aws.ToString(r.ResourceName) == string(q.id)
	})
}

// everything counts every event.
func everything(event) bool { return true }

// byOthers counts the events that are not this system's own.
func byOthers(e event) bool {
	parts := strings.FieldsFunc(e.details.UserAgent, func(c rune) bool {
		return unicode.IsSpace(c) || c == '[' || c == ']'
	})
	return !slices.Contains(parts, awsclient.Marker)
}

// isCreation tells whether a key was created. Of what was only tried, the history
// knows as well.
func (e event) isCreation() bool {
	return e.use.Event == "CreateAccessKey" && e.source == "iam.amazonaws.com" && e.details.ErrorCode == ""
}

// creator is the role whose session it was, or else whose key or console it was.
func (d details) creator() string {
	if role := d.UserIdentity.SessionContext.SessionIssuer.ARN; role != "" {
		return role
	}
	return d.UserIdentity.ARN
}

// line makes a short line of text out of what anybody may have written.
func line(text string) string {
	const longest = 100
	text = words.Line(text)
	if len(text) > longest {
		text = strings.TrimSpace(strings.ToValidUTF8(text[:longest], ""))
	}
	return text
}
