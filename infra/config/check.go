package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/parameters"
	"qovery-key-rotation/internal/rotation"
)

// check adds what is wrong with the values, one by one and with each other.
func (c Config) check(now time.Time, found *Mistakes) {
	if len(c.Targets) == 0 && !found.has(Key+".targets") && !found.has(Key) {
		found.add(Key+".targets", "is required: there is nothing to rotate without a target", "[{...}]")
	}
	for i, target := range c.Targets {
		path := fmt.Sprintf("%s.targets[%d]", Key, i)
		if found.has(path) {
			continue // it is no object at all
		}
		found.adopt(path, target.Check())
		checkSchedule(path, target.Schedule, now, found)
		checkTokenParameter(path, target, found)
		checkSize(path, target, found)
		checkPartition(path, target.Region, found)
	}
	c.checkDuplicates(found)
	c.checkStacks(found)
	c.checkKeyAge(found)
	c.checkEmails(found)
	c.checkAPI(found)
}

// checkEmails wants bare addresses. No address at all is legal, since a topic
// may be listened to in other ways; the app warns of it.
func (c Config) checkEmails(found *Mistakes) {
	seen := map[string]int{}
	for i, email := range c.AlertEmails {
		path := fmt.Sprintf("%s.alertEmails[%d]", Key, i)
		if found.has(path) {
			continue
		}
		parsed, err := mail.ParseAddress(email)
		if err != nil || parsed.Address != email || strings.ContainsAny(email, " \"") {
			found.add(path, fmt.Sprintf("%q is no e-mail address", email), strconv.Quote(exampleEmail))
			continue
		}
		if first, twice := seen[strings.ToLower(email)]; twice {
			found.add(path, fmt.Sprintf("%q is there already, as alertEmails[%d]", email, first), "an address once")
			continue
		}
		seen[strings.ToLower(email)] = i
	}
}

const (
	leastKeyAgeLimit = 8 // the shortest schedule, and a day
	mostKeyAgeLimit  = 400
)

// checkKeyAge wants a limit that a key which is replaced in time never reaches:
// with a limit of rateDays, every key would be over it by its grace period.
func (c Config) checkKeyAge(found *Mistakes) {
	path := Key + ".keyAgeLimitDays"
	if found.has(path) {
		return
	}
	if c.KeyAgeLimitDays < leastKeyAgeLimit || c.KeyAgeLimitDays > mostKeyAgeLimit {
		found.add(path, fmt.Sprintf("%d is not %d to %d", c.KeyAgeLimitDays, leastKeyAgeLimit, mostKeyAgeLimit), strconv.Itoa(defaultKeyAgeLimitDays))
		return
	}
	for i, target := range c.Targets {
		days := target.Schedule.RateDays
		if days >= 7 && days <= 365 && days >= c.KeyAgeLimitDays {
			found.add(path, fmt.Sprintf("%d is not above the %d of targets[%d].schedule.rateDays, so that every key would be over the limit before it is replaced",
				c.KeyAgeLimitDays, days, i), strconv.Itoa(min(days+10, mostKeyAgeLimit)))
			return
		}
	}
}

// checkAPI wants an origin: the token goes there with every request.
func (c Config) checkAPI(found *Mistakes) {
	path := Key + ".qoveryApiUrl"
	if c.QoveryAPIURL == "" || found.has(path) {
		return
	}
	parsed, err := url.Parse(c.QoveryAPIURL)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		found.add(path, "is no https URL without user, query and fragment", `"https://api.qovery.com"`)
	}
}

// Regions of other partitions than "aws" begin so: GovCloud, China and the isolated
// regions. A new region of "aws" is none of them.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
var otherPartitions = []string{"us-gov-", "cn-", "us-iso", "eu-iso"}

// checkPartition keeps to the regions whose CloudTrail has IAM's events in
// us-east-1. Elsewhere a rotation would ask a region that its account doesn't
// have, and never know whether the old key is still used.
func checkPartition(path, region string, found *Mistakes) {
	field := path + ".region"
	isOther := slices.ContainsFunc(otherPartitions, func(start string) bool { return strings.HasPrefix(region, start) })
	if isOther && !found.has(field) {
		found.add(field, fmt.Sprintf("%q is in a partition of its own, such as GovCloud or China. Only regions of the partition aws are supported: "+
			"whether the old key is still used is looked up in us-east-1, where CloudTrail has the events of IAM", region), `"eu-west-3"`)
	}
}

// Where the functions look for targets, and keep secrets on their way.
const (
	TargetPrefix = parameters.TargetPrefix
	StagedPrefix = parameters.StagedPrefix
)

// checkTokenParameter keeps tokens away from what functions may read or delete
// that have nothing to do with tokens.
func checkTokenParameter(path string, target rotation.Target, found *Mistakes) {
	field := path + ".tokenParameter"
	for _, prefix := range []string{TargetPrefix, StagedPrefix} {
		if strings.HasPrefix(target.TokenParameter, prefix) && !found.has(field) {
			found.add(field, fmt.Sprintf("%q lies under %s, where other things are kept", target.TokenParameter, prefix), `"/qovery-key-rotation/qovery-token"`)
		}
	}
}
