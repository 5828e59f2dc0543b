package trail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/test/awstest"
)

// fields are those of an event, as CloudTrail sends it.
type fields map[string]any

// cloudTrail is a CloudTrail that keeps to its own rules: a history for each
// region, the latest first, page by page.
type cloudTrail struct {
	*awstest.Server
	events map[string][]fields
	// hollow is how many empty pages, none of which is the last one, come before
	// the others.
	hollow int
}

// asked is a request to look events up.
type asked struct {
	Region           string
	LookupAttributes []struct{ AttributeKey, AttributeValue string }
	StartTime        float64
	EndTime          *float64
	MaxResults       int
	NextToken        string
}

func serve(t *testing.T, events map[string][]fields) *cloudTrail {
	t.Helper()
	c := &cloudTrail{events: events}
	c.Server = awstest.Serve(t, func(w http.ResponseWriter, r awstest.Request, _ int) {
		if r.Header.Get("X-Amz-Target") != "CloudTrail_20131101.LookupEvents" {
			t.Errorf("asked %s", r.Header.Get("X-Amz-Target"))
		}
		awstest.JSON(200, c.answer(read(t, r)))(w)
	})
	return c
}

// read reads a request. Its region is that of the signature, as the endpoint is
// the test's own.
func read(t *testing.T, r awstest.Request) (q asked) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.Body), &q); err != nil {
		t.Errorf("asked %s: %v", r.Body, err)
	}
	scope := strings.Split(r.Header.Get("Authorization"), "/")
	if len(scope) < 4 || scope[3] != "cloudtrail" {
		t.Errorf("signed %s", r.Header.Get("Authorization"))
		return q
	}
	q.Region = scope[2]
	return q
}

func (c *cloudTrail) answer(q asked) string {
	matching := slices.DeleteFunc(slices.Clone(c.events[q.Region]), func(f fields) bool { return !q.matches(f) })
	slices.SortStableFunc(matching, func(a, b fields) int { return int(b["EventTime"].(int64) - a["EventTime"].(int64)) })
	// A token counts the empty pages before the first event as well.
	next, _ := strconv.Atoi(q.NextToken)
	begin := max(0, next-c.hollow)
	end := min(begin+q.MaxResults, len(matching))
	more, token := end < len(matching), c.hollow+end
	if next < c.hollow {
		end, more, token = 0, true, next+1
	}
	answer := map[string]any{"Events": append([]fields{}, matching[begin:end]...)}
	if more {
		answer["NextToken"] = strconv.Itoa(token)
	}
	text, _ := json.Marshal(answer)
	return string(text)
}

func (q asked) matches(f fields) bool {
	by, at := q.LookupAttributes[0], float64(f["EventTime"].(int64))
	if at < q.StartTime || q.EndTime != nil && at > *q.EndTime {
		return false
	}
	if by.AttributeKey == "AccessKeyId" {
		return f["AccessKeyId"] == by.AttributeValue
	}
	resources, _ := f["Resources"].([]fields)
	return by.AttributeKey == "ResourceName" && slices.ContainsFunc(resources, func(r fields) bool {
		return r["ResourceName"] == by.AttributeValue
	})
}

// queries are the requests so far.
func (c *cloudTrail) queries(t *testing.T) (all []asked) {
	t.Helper()
	for _, r := range c.Requests() {
		all = append(all, read(t, r))
	}
	return all
}

func (c *cloudTrail) trail(clock rotation.Clock) *trail.Trail {
	return trail.New(awstest.Config(c.URL), clock)
}

// use is the key's use for GetAuthorizationToken at a time, in a region.
func use(at time.Time, region string) fields {
	return record(at, "GetAuthorizationToken", "ecr", map[string]any{
		"awsRegion": region, "sourceIPAddress": "203.0.113.10", "userAgent": "docker-credential-helper",
	})
}

// record is an event by the key, with the record that it carries.
func record(at time.Time, name, service string, record map[string]any) fields {
	text, _ := json.Marshal(record)
	return fields{
		"EventId": "e", "EventName": name, "EventSource": service + ".amazonaws.com", "EventTime": at.Unix(),
		"AccessKeyId": string(id), "ReadOnly": "true", "Username": "qovery", "CloudTrailEvent": string(text),
	}
}

// found is what use is read as.
func found(at time.Time, region string) rotation.Use {
	return rotation.Use{At: at, Event: "GetAuthorizationToken", Service: "ecr", Region: region, Source: "203.0.113.10",
		UserAgent: "docker-credential-helper"}
}

// creation is the event of the key's creation, by a role's session or a user.
func creation(at time.Time, role, arn string) fields {
	identity := map[string]any{"arn": arn}
	if role != "" {
		identity["sessionContext"] = map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": role}}
	}
	created := record(at, "CreateAccessKey", "iam", map[string]any{"awsRegion": "us-east-1", "userIdentity": identity})
	return about(created)
}

// about makes an event one about the key, and not one by it.
func about(f fields) fields {
	f["AccessKeyId"] = "ASIA0123456789ABCDEF"
	f["Resources"] = []fields{{"ResourceType": "AWS::IAM::AccessKey", "ResourceName": string(id)},
		{"ResourceType": "AWS::IAM::User", "ResourceName": "qovery"}}
	return f
}

// with changes a field of an event.
func with(f fields, name string, value any) fields {
	f[name] = value
	return f
}

// one is the answer that holds an event.
func one(f fields) awstest.Answer {
	text, _ := json.Marshal(f)
	return awstest.JSON(200, fmt.Sprintf(`{"Events":[%s]}`, text))
}

// clock goes on when somebody sleeps, and remembers for how long.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: now} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.slept = c.now.Add(d), append(c.slept, d)
	return ctx.Err()
}
