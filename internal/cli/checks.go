package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/sender"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// The checks of one target. What the audit judges is in its own words.

func (e *examination) checkTarget(ctx context.Context, reader audit.Reader, l *targetLook) {
	e.checkArea(l, audit.TheTarget)
	err := l.readMore(ctx, reader)
	restricted := fault.HasCode(err, fault.DeploymentsRestricted)
	if err != nil && !restricted {
		e.unread(l.Name, string(audit.TheToken), unreadBy(err), err)
	} else {
		e.checkArea(l, audit.TheToken)
	}
	e.checkUser(ctx, l)
	for _, area := range []audit.Area{audit.TheKeys, audit.TheLocations, audit.TheClusters, audit.TheRegions,
		audit.TheSchedule} {
		if found, _ := l.judgement.In(area); area == audit.TheClusters && restricted {
			e.unread(l.Name, string(area), wrong, err)
			if len(found) == 0 {
				continue
			}
		}
		e.checkArea(l, area)
	}
	e.checkRotation(l)
	e.checkAudit(ctx, reader, l)
}

const notJudged = "Not judged: a rotation changes it now or has within ten minutes, or what it rests on could not " +
	"be read"

// checkArea takes over what the audit found.
func (e *examination) checkArea(l *targetLook, area audit.Area) {
	found, whole := l.judgement.In(area)
	for _, f := range found {
		if l.hidden(f) {
			c := e.unread(l.Name, string(area), notKnown, l.Unread[f.Source])
			if f.Source == audit.FromNeeds {
				c.ToDo = words.Sentences("If your own AWS identity has that right, the next rotation is refused", c.ToDo)
			}
			continue
		}
		said := append([]string{f.Urgency.Prefix() + f.Title}, f.Found...)
		if area == audit.TheToken {
			said = append(said, l.putToken()...)
		}
		e.add(l.Name, string(area), wrong, said...).ToDo = f.ToDo()
	}
	switch {
	case len(found) > 0:
	case whole || area == audit.TheRotation && l.State != unknown:
		e.add(l.Name, string(area), sound, l.soundness(area))
	default:
		e.add(l.Name, string(area), notKnown, notJudged)
	}
}

// putToken is the stack's command that puts a token into the target's parameter.
func (l *targetLook) putToken() []string {
	for _, command := range l.putTokens {
		if strings.Contains(command, " --name "+l.Target.TokenParameter+" ") {
			return []string{"To put a token into its parameter without showing it: " + command}
		}
	}
	return nil
}

// unread adds what could not be read.
func (e *examination) unread(target, name string, r result, err error) *check {
	known := problemOf(err)
	e.isUnread = e.isUnread || r == notKnown
	c := e.add(target, name, r, known.what)
	c.ToDo = known.todo
	return c
}

// unreadBy: what this person may not read, the functions may.
func unreadBy(err error) result {
	if concerns("", err) {
		return wrong
	}
	return notKnown
}

// soundness is what is so of an area in which nothing was found.
func (l *targetLook) soundness(area audit.Area) string {
	switch area {
	case audit.TheTarget:
		return "the organization " + l.Target.OrganizationID
	case audit.TheToken:
		return "Qovery answers what a rotation reads"
	case audit.TheKeys:
		var keys []string
		for i, key := range l.targetStatus.Keys {
			keys = append(keys, fmt.Sprintf("%s %s, %s old", l.Facts.Keys[i].ID, key.Status,
				words.Count(key.AgeDays, "day")))
		}
		return strings.Join(keys, "; ")
	case audit.TheLocations:
		held := 0
		for _, key := range l.targetStatus.Keys {
			held += len(key.HeldBy)
		}
		return words.Count(held, "location") + " with an Active key of the user"
	case audit.TheClusters:
		return "AWS accepts the credentials of those with the key, and nothing waits to be deployed"
	case audit.TheRegions:
		return "CloudTrail can be searched where the key is used"
	case audit.TheSchedule:
		text := l.targetStatus.Schedule.text(l.Now)
		if l.Frozen != "" {
			text += "; frozen " + l.Frozen
		}
		return text
	}
	return fmt.Sprintf("%s; last: %s", l.stateText(l.Now), l.lastText())
}

// readMore makes the requests to Qovery that a rotation makes and an audit doesn't.
func (l *targetLook) readMore(ctx context.Context, reader audit.Reader) error {
	if l.Target.Name == "" || l.Unread[audit.FromQovery] != nil {
		return nil
	}
	organization, err := rotation.ReadOnly(reader.Qovery).Open(ctx, l.Target)
	if err != nil {
		return err
	}
	if _, err := organization.Locks(ctx); err != nil {
		return err
	}
	if len(l.Clusters) > 0 {
		if _, err := organization.Problem(ctx, l.Clusters[0].ID); err != nil {
			return err
		}
	}
	if err := rotation.ProveServices(ctx, organization, l.Target); err != nil {
		return err
	}
	return rotation.ProveDeployments(ctx, organization)
}

// checkUser: policies name the user with its path. Whether there is such a user, its
// keys say.
func (e *examination) checkUser(ctx context.Context, l *targetLook) {
	if l.Target.Name == "" {
		e.add(l.Name, "user", notKnown, notJudged)
		return
	}
	user, want := l.Target.IAMUserName, l.Target.IAMUserPath
	path, err := l.keys.Path(ctx, user)
	switch {
	case err != nil:
		e.unread(l.Name, "user", notKnown, err)
	case path != want:
		e.add(l.Name, "user", wrong, fmt.Sprintf("The path of the IAM user %s is %s, and the target's configuration says %s",
			user, path, want), "The functions may not touch its keys").ToDo = fmt.Sprintf(
			"Set iamUserPath to %q in rotation.json, then: make deploy", path)
	default:
		e.add(l.Name, "user", sound, fmt.Sprintf("the IAM user %s, path %s", user, path))
	}
}

func (e *examination) checkRotation(l *targetLook) {
	switch {
	case l.workingErr != nil:
		e.unread(l.Name, string(audit.TheRotation), unreadBy(l.workingErr), l.workingErr)
	case l.Because != "":
		e.add(l.Name, string(audit.TheRotation), wrong, l.urgency.Prefix()+"The "+l.Kind.Noun()+" is paused",
			l.Because)
	default:
		e.checkArea(l, audit.TheRotation)
	}
}

// checkAudit: after a deployment the first audit is a day away.
func (e *examination) checkAudit(ctx context.Context, reader audit.Reader, l *targetLook) {
	at, err := reader.LastAudit(ctx, l.Name)
	since, found := at, "The last one was "+words.At(at)
	if at.IsZero() {
		since, found = l.deployedAt, "There was none yet. The stack was deployed "+words.At(l.deployedAt)
	}
	switch function := words.Last(l.machine) + "-audit"; {
	case err != nil:
		e.unread(l.Name, "audit", unreadBy(err), err)
	case l.Now.Sub(since) < audit.MissingAfter:
		e.add(l.Name, "audit", sound, found)
	default:
		e.add(l.Name, "audit", wrong, found).ToDo = fmt.Sprintf("The log of the function %[1]s says why. To audit now: "+
			"aws lambda invoke --region %[2]s --function-name %[1]s /dev/stdout", function, l.region)
	}
}

func (e *examination) checkAddresses(n noticesStatus) {
	const name = "addresses"
	var all []string
	unconfirmed := false
	for _, s := range n.Subscribers {
		s = withoutSecret(s)
		if all = append(all, s.Endpoint); !s.Confirmed {
			said := n.notConfirmed(s)
			e.add("", name, warned, said[0]).ToDo = said[1]
			unconfirmed = true
		}
	}
	switch {
	case n.Unknown != "":
		e.add("", name, notKnown, n.Unknown)
		e.isUnread = true
	case len(all) == 0:
		e.add("", name, wrong, noSubscriber).ToDo = "Set alertEmails in rotation.json, then: make deploy"
	case !unconfirmed:
		e.add("", name, sound, strings.Join(all, ", "))
	}
}

// checkChat: there may be none.
func (e *examination) checkChat(ctx context.Context, s *stack) {
	const name = "chat"
	if s.chat == "" {
		return // of an earlier version
	}
	list, err := sender.NewTopic(s.cfg, s.chat).Subscribers(ctx)
	if err != nil {
		e.unread("", name, unreadBy(err), err)
		return
	}
	found := []string{"no chat is subscribed to " + words.Last(s.chat)}
	if len(list) > 0 {
		found[0] = words.Count(len(list), "subscription") + " of " + words.Last(s.chat)
	}
	for _, parameter := range strings.FieldsFunc(s.hooks, func(c rune) bool { return c == ',' }) {
		if err := s.store.HoldsWebhook(ctx, parameter); err != nil {
			e.unread("", name, unreadBy(err), err).ToDo = "Run the command of the stack's output PutWebhook for " + parameter
			return
		}
		found[0] += "; a webhook in " + parameter
	}
	e.add("", name, sound, found...)
}

// withoutSecret leaves of a webhook its host: what follows is often its password.
func withoutSecret(s sender.Subscriber) sender.Subscriber {
	if !strings.HasPrefix(s.Protocol, "http") {
		return s
	}
	host := ""
	if endpoint, err := url.Parse(s.Endpoint); err == nil {
		host = endpoint.Hostname()
	}
	s.Endpoint = s.Protocol + "://" + host + "/..."
	return s
}
