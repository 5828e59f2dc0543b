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

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/test/awstest"
)

// trail is the simulator's IAM, which hears of every call of moto's and of every use
// of a key. With the simulator's CloudTrail, it answers what moto lacks: who used
// and who created a key, and whether one works.
type trail struct {
	w *world

	mu       sync.Mutex // held by who looks or acts, and never while anything else is waited for
	timeline *lab.Timeline
	iam      *lab.IAM
	events   *lab.Trail
}

const usageLag = 15 * time.Minute // IAM's

func newTrail(w *world, setup lab.Setup) *trail {
	t := &trail{w: w, timeline: lab.NewTimeline(w.clock.Now())}
	t.iam = lab.NewIAM(lab.NewWire(t.timeline, 0), awstest.Account, 0)
	t.iam.Settling = lab.Settling{Usage: usageLag}
	t.iam.Path = userPath
	t.iam.AddUser(lab.UserName, userPath)
	t.events = lab.NewTrail(t.iam)
	t.events.Denied = setup.Denied
	return t
}

// now locks the trail, and has its time be the world's.
func (t *trail) now() (unlock func()) {
	t.mu.Lock()
	t.timeline.RunUntil(t.w.clock.Now())
	return t.mu.Unlock
}

// whole is a key with its secret.
func (t *trail) whole(id string) fakeqovery.Key {
	defer t.now()()
	return fakeqovery.Key{ID: id, Secret: t.iam.Answer(rotation.KeyID(id)).Secret.Reveal()}
}

// use uses a key, and tells whether AWS accepts it; without a service, it leaves no
// trace.
func (t *trail) use(id, service string) bool {
	defer t.now()()
	key := rotation.KeyID(id)
	if _, exists := t.iam.Status(key); !exists {
		return false
	}
	secret := t.iam.Answer(key).Secret
	if service == "" {
		return t.iam.Authenticate(key, secret)
	}
	return t.iam.Use(key, secret, service)
}

func (t *trail) stubs() map[string]func(awstest.Call) *awstest.Reply {
	return map[string]func(awstest.Call) *awstest.Reply{
		"cloudtrail:LookupEvents":  t.lookupEvents,
		"iam:GetAccessKeyLastUsed": t.lastUsed,
		"sts:GetCallerIdentity":    t.callerIdentity,
	}
}

// user is the ARN of the only user there is, with its true path.
func (t *trail) user(name, key string) string {
	defer t.now()()
	if name != "" {
		return t.iam.Resource(name)
	}
	if _, exists := t.iam.Status(rotation.KeyID(key)); !exists {
		return "access key " + key
	}
	return t.iam.Resource(lab.UserName)
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
	by := lab.Person
	if call.Caller == callerOf("createkey") {
		by = "createkey"
	}
	defer t.now()()
	t.iam.Adopt(lab.UserName, rotation.KeyID(answer.Key.AccessKeyID), rotation.NewSecret(answer.Key.SecretAccessKey), by)
}

// change makes the same change, and polices what functions do to keys that are held.
func (t *trail) change(call awstest.Call, status rotation.KeyStatus) {
	id := call.Form.Get("AccessKeyId")
	unlock := t.now()
	if status == "" {
		t.iam.DeleteByHand(lab.UserName, rotation.KeyID(id))
	} else if err := t.iam.SetStatusByHand(lab.UserName, rotation.KeyID(id), status); err != nil {
		t.w.Errorf("moto knows the key %s: %v", id, err)
	}
	unlock()
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

// consume is what happens every minute: everything that uses a key uses it.
func (w *world) consume(at time.Time) {
	w.mu.Lock()
	elsewhere, leaked := w.elsewhere, w.leaked
	w.mu.Unlock()
	w.qovery.EachUse(at, func(consumer, id string) {
		if !w.trail.use(id, "eks") && id != leaked {
			w.breaks("%s was refused with the key %s at %s", consumer, id, at.Format(time.DateTime))
		}
	})
	if elsewhere && at.Minute()%10 == 0 {
		w.trail.use(w.oldKey, "ecr")
	}
}

// callerIdentity refuses keys that do not work, which moto would not.
func (t *trail) callerIdentity(call awstest.Call) *awstest.Reply {
	if !t.use(call.Caller, "sts") {
		return xmlAnswer(http.StatusForbidden, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>`+
			`<Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>`)
	}
	return nil
}

func xmlAnswer(status int, body string) *awstest.Reply {
	return &awstest.Reply{Status: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(body)}
}

func (t *trail) lastUsed(call awstest.Call) *awstest.Reply {
	defer t.now()()
	use, err := t.iam.LastUse(t.w.ctx, lab.UserName, rotation.KeyID(call.Form.Get("AccessKeyId")))
	if err != nil {
		return nil // moto knows what to say
	}
	last := "<ServiceName>N/A</ServiceName><Region>N/A</Region>"
	if !use.At.IsZero() {
		last = fmt.Sprintf("<LastUsedDate>%s</LastUsedDate><ServiceName>%s</ServiceName><Region>%s</Region>",
			use.At.Format(time.RFC3339), use.Service, use.Region)
	}
	return xmlAnswer(http.StatusOK, fmt.Sprintf(`<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>`+
		`%s</UserName><AccessKeyLastUsed>%s</AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>`,
		lab.UserName, last))
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
	if slices.Contains(t.events.Denied, call.Region) {
		return jsonAnswer(http.StatusBadRequest,
			map[string]any{"__type": "AccessDeniedException", "message": "with an explicit deny in a service control policy"})
	}
	defer t.now()()
	id := asked.LookupAttributes[0].AttributeValue
	answer := map[string]any{"Events": []map[string]any{}}
	switch {
	case asked.LookupAttributes[0].AttributeKey == "ResourceName":
		if call.Region == "us-east-1" {
			answer["Events"] = t.creation(rotation.KeyID(id), time.Unix(int64(asked.StartTime), 0))
		}
	case call.Region == region:
		to := t.w.clock.Now()
		if asked.EndTime != 0 {
			to = time.Unix(int64(asked.EndTime), 0)
		}
		uses := t.events.Uses(rotation.KeyID(id), time.Unix(int64(asked.StartTime), 0), to)
		skip, _ := strconv.Atoi(asked.NextToken) // none is 0
		end := min(skip+asked.MaxResults, len(uses))
		events := []map[string]any{}
		for _, use := range uses[skip:end] {
			events = append(events, event(use, "", id))
		}
		if answer["Events"] = events; end < len(uses) {
			answer["NextToken"] = strconv.Itoa(end)
		}
	}
	return jsonAnswer(http.StatusOK, answer)
}

// creation is the event of a key's creation since then, once it is known.
func (t *trail) creation(id rotation.KeyID, from time.Time) []map[string]any {
	creator, err := t.events.Creator(t.w.ctx, id, from)
	switch {
	case err != nil || creator == "":
		return []map[string]any{}
	case creator == lab.CreatorRole: // whose name is the template's here
		creator = shipped.template.Functions["createkey"].Role
	}
	creation := event(rotation.Use{At: t.iam.Answer(id).CreatedAt, Event: "CreateAccessKey", Service: "iam",
		Region: "us-east-1"}, creator, "")
	creation["Resources"] = []map[string]any{{"ResourceType": "AWS::IAM::AccessKey", "ResourceName": string(id)}}
	return []map[string]any{creation}
}

func jsonAnswer(status int, answer map[string]any) *awstest.Reply {
	body, _ := json.Marshal(answer)
	return &awstest.Reply{Status: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: body}
}

func event(use rotation.Use, role, id string) map[string]any {
	agent := use.UserAgent
	if use.Service == "sts" { // only the rotation asks STS
		agent = awsclient.Marker
	}
	record, _ := json.Marshal(map[string]any{
		"awsRegion": use.Region, "sourceIPAddress": use.Source, "userAgent": agent,
		"userIdentity": map[string]any{"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": role}}},
	})
	e := map[string]any{
		"EventTime": float64(use.At.UnixMilli()) / 1000, "EventName": use.Event, "EventSource": use.Service +
			".amazonaws.com",
		"CloudTrailEvent": string(record),
	}
	if id != "" {
		e["AccessKeyId"] = id
	}
	return e
}
