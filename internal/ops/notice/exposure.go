package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Exposure is what AWS Health reports of access keys that others may have.
type Exposure struct {
	Risk string // the type of AWS Health's event
	Keys []rotation.KeyID
	At   time.Time
}

// risks are the types of AWS Health's events about such keys, and what AWS says of one. AWS
// documents the first; security teams listen to them all.
// https://github.com/aws/aws-health-tools/tree/master/automated-actions/AWS_RISK_CREDENTIALS_EXPOSED
// https://github.com/hmrc/platsec-compliance-alerting, aws_health.py
var risks = map[string]string{
	"AWS_RISK_CREDENTIALS_EXPOSED":              "AWS found %s in public",
	"AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED":   "AWS suspects that %s is in public",
	"AWS_RISK_CREDENTIALS_COMPROMISED":          "AWS found that %s is compromised",
	"AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED": "AWS suspects that %s is compromised",
}

// Risks are the types of events that a rule has to send.
func Risks() []string { return slices.Sorted(maps.Keys(risks)) }

// exposure reads an event as AWS Health sends it:
// https://docs.aws.amazon.com/health/latest/ug/cloudwatch-events-health.html
func (e envelope) exposure() (*Exposure, error) {
	var detail struct {
		EventTypeCode    string `json:"eventTypeCode"`
		AffectedEntities []struct {
			EntityValue string `json:"entityValue"`
		} `json:"affectedEntities"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return nil, malformed("its detail cannot be read: %v", err)
	}
	exposure := &Exposure{Risk: detail.EventTypeCode, At: e.Time.UTC()}
	for _, entity := range detail.AffectedEntities {
		id, err := rotation.ParseKeyID(entity.EntityValue)
		if err != nil {
			return nil, malformed("it names %v", err)
		}
		exposure.Keys = append(exposure.Keys, id)
	}
	if risks[exposure.Risk] == "" || len(exposure.Keys) == 0 {
		return nil, malformed("it is not about keys that others may have")
	}
	return exposure, nil
}

// tellExposed reports the keys that a target's IAM user has. The others are not this
// system's business; of what could not be read it is not known whose key it is.
func (n Notifier) tellExposed(ctx context.Context, event Event) error {
	for _, id := range event.Exposure.Keys {
		facts := Facts{}
		facts.Target, facts.NoTarget = n.ownerOf(ctx, id)
		if facts.NoTarget == nil && facts.Target.Name == "" {
			n.Log.InfoContext(ctx, "a key that others may have is no target's", "key", id.String())
			continue
		}
		one := &Exposure{Risk: event.Exposure.Risk, Keys: []rotation.KeyID{id}, At: event.Exposure.At}
		if err := n.Send(ctx, Compose(Event{Exposure: one}, facts)); err != nil {
			return err
		}
	}
	return nil
}

// ownerOf is the target whose IAM user has the key, or none.
func (r Reader) ownerOf(ctx context.Context, id rotation.KeyID) (target.Target, error) {
	return r.first(ctx, func(t target.Target) (bool, error) {
		keys, err := r.Keys.List(ctx, t.IAMUserName)
		return slices.ContainsFunc(keys, func(k rotation.AccessKey) bool { return k.ID == id }), err
	})
}

const aboutLeaks = "rotate explain the-key-leaked"

// message is the message about one key.
func (e Exposure) message(facts Facts) Message {
	id, name := e.Keys[0], facts.Target.Name
	m := Message{Urgency: Urgent, Target: name, Code: "KeyExposed", Thread: name + " leak", More: aboutLeaks}
	says := func(of string) string { return fmt.Sprintf(risks[e.Risk], of) }
	m.Subject = name + ": " + says("the key")
	m.Verdict = says(fmt.Sprintf("the key %s of %s", string(id), name)) + ". Anyone who has it can use it."
	m.Steps = []Step{{"Replace the key now:", LeakedCommand(name, id)}}
	if name == "" {
		m.Subject = says("a key")
		m.Verdict = fmt.Sprintf("%s. Whose it is could not be read: %s", says("the access key "+string(id)),
			words.Dot(why(facts.NoTarget)))
		m.Steps = []Step{{"See whose it is. If it is a target's, replace it: " + LeakedCommand("TARGET", id) + ".",
			"rotate status"}}
	}
	m.Happened = []string{fmt.Sprintf("AWS Health reported %s at %s. AWS may have attached a policy to the IAM user that "+
		"denies some actions (AWSCompromisedKeyQuarantine): then deployments fail until it is detached.", e.Risk,
		words.At(e.At))}
	return m.Complete()
}

// announcement is the message about an execution that has begun because a key leaked.
func (x *Execution) announcement() Message {
	when := "once every cluster is deployed with another one"
	if x.Leaked.How == target.AtOnce {
		when = "before the clusters are deployed with another one: until they are, what they do with it fails"
	}
	return Message{
		Urgency: Urgent, Target: x.Target, Code: "KeyLeaked", Thread: x.Target + " " + x.Name, More: aboutLeaks,
		Subject: x.Target + ": a key leaked and is being replaced",
		Verdict: fmt.Sprintf("Someone reported that the key %s of %s leaked, and started its replacement.", x.Leaked.Key,
			x.Target),
		Happened: []string{fmt.Sprintf("The key goes Inactive %s. There is no grace period, and no one waits until the "+
			"key is unused.", when)},
		Steps: []Step{{"Nothing. To watch it:", Command("watch", x.Target)}},
	}.Complete()
}
