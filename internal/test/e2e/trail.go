package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/test/awstest"
)

// trail knows what became of every access key: it sees all calls of IAM, and is
// told by consumers when they use one. It answers for CloudTrail, which moto
// lacks, and for the last uses of keys, whose consumers sign nothing here. Its
// lags are the simulator's.
type trail struct {
	w *world
	// propagation is how long STS does not know a new key.
	propagation time.Duration
	// denied are the regions in which nobody may look events up.
	denied []string

	mu   sync.Mutex
	keys map[string]*key
}

const (
	usageLag = 15 * time.Minute // IAM's
	trailLag = 10 * time.Minute // CloudTrail's
)

// key is an access key and its history.
type key struct {
	id, secret string
	status     rotation.KeyStatus // empty: deleted
	created    time.Time
	creator    string
	uses       []use
}

type use struct {
	at             time.Time
	service, agent string
}

func newTrail(w *world) *trail { return &trail{w: w, keys: map[string]*key{}} }

func (t *trail) stubs() map[string]func(awstest.Call) *awstest.Reply {
	return map[string]func(awstest.Call) *awstest.Reply{
		"cloudtrail:LookupEvents":  t.lookupEvents,
		"iam:GetAccessKeyLastUsed": t.lastUsed,
		"sts:GetCallerIdentity":    t.callerIdentity,
	}
}

// user is the ARN of the only user there is.
func (t *trail) user(string, string) string {
	return "arn:aws:iam::" + awstest.Account + ":user/" + lab.UserName
}

// seen notes what IAM did.
func (t *trail) seen(call awstest.Call, answer awstest.Reply) {
	if answer.Status != http.StatusOK {
		return
	}
	switch call.Action {
	case "iam:CreateAccessKey":
		t.created(call, answer.Body)
	case "iam:UpdateAccessKey":
		t.change(call, rotation.KeyStatus(call.Form.Get("Status")))
	case "iam:DeleteAccessKey":
		t.change(call, "")
	case "sns:Publish":
		t.w.set(func() {
			t.w.published = append(t.w.published, call.Form.Get("Subject")+"\n\n"+call.Form.Get("Message"))
		})
	}
}

func (t *trail) created(call awstest.Call, body []byte) {
	var answer struct {
		Key struct {
			AccessKeyID     string `xml:"AccessKeyId"`
			SecretAccessKey string
		} `xml:"CreateAccessKeyResult>AccessKey"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		t.w.Errorf("a new key cannot be read: %v", err)
		return
	}
	creator := "arn:aws:iam::" + awstest.Account + ":user/somebody"
	for name, function := range shipped.template.Functions {
		if callerOf(name) == call.Caller {
			creator = function.Role
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keys[answer.Key.AccessKeyID] = &key{
		id: answer.Key.AccessKeyID, secret: answer.Key.SecretAccessKey, status: rotation.Active, created: t.w.clock.Now(),
		creator: creator,
	}
}

// change notes a new status, and polices what functions do to keys that are held.
func (t *trail) change(call awstest.Call, status rotation.KeyStatus) {
	id := call.Form.Get("AccessKeyId")
	t.mu.Lock()
	k := t.keys[id]
	if k != nil {
		k.status = status
	}
	t.mu.Unlock()
	if !strings.HasPrefix(call.Caller, callerOf("")) || call.Caller == t.w.person() || status == rotation.Active {
		return
	}
	for _, holder := range t.w.qovery.Holders(id) {
		if t.w.clock.Now().Sub(holder.Since) > time.Minute {
			t.w.breaks("%s: %s of the key %s, which %s %q holds", call.Caller, call.Action, id, holder.Kind, holder.Name)
		}
	}
}

func (w *world) person() string { return "ASIAFUNCTIONSROLE0001" }

func (w *world) breaks(format string, args ...any) {
	w.set(func() { w.broken = append(w.broken, fmt.Sprintf(format, args...)) })
}

// works tells whether AWS accepts the key.
func (t *trail) works(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.keys[id]
	return k != nil && k.status == rotation.Active && !t.w.clock.Now().Before(k.created.Add(t.propagation))
}

// whole is a key with its secret.
func (t *trail) whole(id string) fakeqovery.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fakeqovery.Key{ID: id, Secret: t.keys[id].secret}
}

// used notes a use.
func (t *trail) used(id, service, agent string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.keys[id]; k != nil && (len(k.uses) == 0 || !k.uses[len(k.uses)-1].at.Equal(at)) {
		k.uses = append(k.uses, use{at, service, agent})
	}
}

// consume is what happens every minute: everything that uses a key uses it.
func (w *world) consume(at time.Time) {
	w.qovery.EachUse(at, func(consumer, id string) {
		if !w.trail.works(id) {
			w.breaks("%s was refused with the key %s at %s", consumer, id, at.Format(time.DateTime))
			return
		}
		w.trail.used(id, "eks", "eks-client", at)
	})
	w.mu.Lock()
	elsewhere := w.elsewhere
	w.mu.Unlock()
	if elsewhere && at.Minute()%10 == 0 && w.trail.works(w.oldKey) {
		w.trail.used(w.oldKey, "ecr", "ecr-client", at)
	}
}

// callerIdentity refuses keys that do not work, which moto would not.
func (t *trail) callerIdentity(call awstest.Call) *awstest.Reply {
	if !t.works(call.Caller) {
		return xmlAnswer(http.StatusForbidden, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>`+
			`<Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>`)
	}
	t.used(call.Caller, "sts", call.Agent, t.w.clock.Now())
	return nil
}

func xmlAnswer(status int, body string) *awstest.Reply {
	return &awstest.Reply{Status: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(body)}
}

func (t *trail) lastUsed(call awstest.Call) *awstest.Reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.keys[call.Form.Get("AccessKeyId")]
	if k == nil || k.status == "" {
		return nil // moto knows what to say
	}
	last := "<ServiceName>N/A</ServiceName><Region>N/A</Region>"
	if known := k.known(time.Time{}, t.w.clock.Now().Add(-usageLag)); len(known) > 0 {
		last = fmt.Sprintf("<LastUsedDate>%s</LastUsedDate><ServiceName>%s</ServiceName><Region>%s</Region>",
			known[len(known)-1].at.Format(time.RFC3339), known[len(known)-1].service, region)
	}
	return xmlAnswer(http.StatusOK, fmt.Sprintf(`<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>`+
		`%s</UserName><AccessKeyLastUsed>%s</AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>`,
		lab.UserName, last))
}

// known are the uses from one time to another, both included, oldest first.
func (k *key) known(from, to time.Time) []use {
	first, _ := slices.BinarySearchFunc(k.uses, from, func(u use, at time.Time) int { return u.at.Compare(at) })
	end, found := slices.BinarySearchFunc(k.uses, to, func(u use, at time.Time) int { return u.at.Compare(at) })
	if found {
		end++
	}
	if end < first {
		return nil
	}
	return k.uses[first:end]
}

// lookupEvents is CloudTrail's event history: the latest events first, in pages.
func (t *trail) lookupEvents(call awstest.Call) *awstest.Reply {
	var asked struct {
		LookupAttributes   []struct{ AttributeKey, AttributeValue string }
		StartTime, EndTime float64
		MaxResults         int
		NextToken          string
	}
	text, _ := json.Marshal(call.Fields)
	if err := json.Unmarshal(text, &asked); err != nil || len(asked.LookupAttributes) != 1 {
		t.w.Errorf("CloudTrail was asked %s", text)
		return nil
	}
	if slices.Contains(t.denied, call.Region) {
		return jsonAnswer(http.StatusBadRequest,
			map[string]any{"__type": "AccessDeniedException", "message": "with an explicit deny in a service control policy"})
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	events := []map[string]any{}
	k, end := t.keys[asked.LookupAttributes[0].AttributeValue], t.w.clock.Now().Add(-trailLag)
	next := 0
	switch {
	case k == nil:
	case asked.LookupAttributes[0].AttributeKey == "ResourceName":
		if call.Region == "us-east-1" && !k.created.After(end) {
			creation := event(k.created, "CreateAccessKey", "iam", "us-east-1", "aws-sdk", k.creator, "")
			creation["Resources"] = []map[string]any{{"ResourceType": "AWS::IAM::AccessKey", "ResourceName": k.id}}
			events = append(events, creation)
		}
	case call.Region == region:
		if to := time.Unix(int64(asked.EndTime), 0); asked.EndTime != 0 && to.Before(end) {
			end = to
		}
		uses := k.known(time.Unix(int64(asked.StartTime), 0), end)
		skip, _ := strconv.Atoi(asked.NextToken)
		for skip < len(uses) && len(events) < asked.MaxResults {
			u := uses[len(uses)-1-skip]
			events = append(events, event(u.at, "Describe", u.service, region, u.agent, "", k.id))
			skip++
		}
		if skip < len(uses) {
			next = skip
		}
	}
	answer := map[string]any{"Events": events}
	if next > 0 {
		answer["NextToken"] = strconv.Itoa(next)
	}
	return jsonAnswer(http.StatusOK, answer)
}

func jsonAnswer(status int, answer map[string]any) *awstest.Reply {
	body, _ := json.Marshal(answer)
	return &awstest.Reply{Status: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: body}
}

func event(at time.Time, name, service, region, agent, role, id string) map[string]any {
	record, _ := json.Marshal(map[string]any{
		"awsRegion": region, "sourceIPAddress": "203.0.113.10", "userAgent": agent,
		"userIdentity": map[string]any{"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": role}}},
	})
	e := map[string]any{
		"EventTime": float64(at.UnixMilli()) / 1000, "EventName": name, "EventSource": service + ".amazonaws.com",
		"CloudTrailEvent": string(record),
	}
	if id != "" {
		e["AccessKeyId"] = id
	}
	return e
}
