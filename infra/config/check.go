package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation/target"
)

// check adds what is wrong with the values, one by one and with each other.
func (c Config) check(now time.Time, found *Mistakes) {
	if len(c.Targets) == 0 && !found.has("targets") && !found.has("") {
		found.add("targets", "is required: there is nothing to rotate without a target", "[{...}]")
	}
	for i, target := range c.Targets {
		path := fmt.Sprintf("targets[%d]", i)
		if found.has(path) {
			continue // it is no object at all
		}
		found.adopt(path, target.Check())
		checkSchedule(path, target.Schedule, now, found)
		checkSize(path, target, found)
	}
	c.checkDuplicates(found)
	c.checkStacks(found)
	c.checkKeyAge(found)
	c.checkEmails(found)
	c.checkWebhooks(found)
	c.checkAPI(found)
	c.checkAlarms(found)
	c.checkTags(found)
}

func (c Config) checkAlarms(found *Mistakes) {
	if c.Alarms != EssentialAlarms && c.Alarms != FullAlarms && !found.has("alarms") {
		found.add("alarms", fmt.Sprintf("%q is neither essential nor full", c.Alarms), `"full"`)
	}
}

// checkTags keeps the rules of AWS's tags, and leaves room for the stack's own.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func (c Config) checkTags(found *Mistakes) {
	const most, longestName, longestValue = 40, 128, 256
	if len(c.Tags) > most {
		found.add("tags", fmt.Sprintf("%d tags are more than the %d that there is room for", len(c.Tags), most), "fewer")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Tags)) {
		field, value := "tags."+name, c.Tags[name]
		switch {
		case name == "" || len(name) > longestName || len(value) > longestValue:
			found.add(field, fmt.Sprintf("is not 1 to %d characters, or its value is over %d", longestName, longestValue),
				`"platform"`)
		case strings.HasPrefix(strings.ToLower(name), "aws:"):
			found.add(field, "begins with aws:, which AWS keeps for itself", `"team"`)
		case !tagCharacters.MatchString(name + value):
			found.add(field, "has characters other than letters, digits, blanks and _.:/=+-@", `"platform"`)
		}
	}
}

var tagCharacters = regexp.MustCompile(`^[\p{L}\p{N}\p{Zs}_.:/=+\-@]*$`)

// checkKeyAge wants a limit that a key which is replaced in time never reaches: the
// longest rotation has to end before.
func (c Config) checkKeyAge(found *Mistakes) {
	path := "keyAgeLimitDays"
	if found.has(path) || found.hasWithin("targets") {
		return
	}
	if problem := target.KeyAgeLimitProblem(c.KeyAgeLimitDays); problem != "" {
		found.add(path, fmt.Sprintf("%d %s", c.KeyAgeLimitDays, problem), strconv.Itoa(DefaultKeyAgeLimit(c.Targets...)))
		return
	}
	const day = 24 * time.Hour
	for i, target := range c.Targets {
		days := target.Schedule.RateDays
		run := int((target.LongestRun() + day - 1) / day)
		if c.KeyAgeLimitDays < days+run {
			found.add(path, fmt.Sprintf("%d leaves no room: targets[%d] is rotated every %d days, and a rotation may take %d "+
				"days with its timings", c.KeyAgeLimitDays, i, days, run), strconv.Itoa(days+max(run, 7)))
			return
		}
	}
}

// checkWebhooks wants names of parameters. Instead of one there may be the address itself,
// which is not to be shown.
func (c Config) checkWebhooks(found *Mistakes) {
	for field, name := range map[string]string{"slackWebhookParameter": c.SlackWebhookParameter,
		"teamsWebhookParameter": c.TeamsWebhookParameter} {
		if name == "" || found.has(field) {
			continue
		}
		for _, stack := range c.Stacks() {
			if problem := target.SecretParameterProblem(name, stack.Region); problem != "" {
				found.add(field, problem, `"/qovery-key-rotation/webhook"`)
				break
			}
		}
	}
}

// checkAPI wants an address that the functions will take, and no machine's own:
// theirs are Lambda's.
func (c Config) checkAPI(found *Mistakes) {
	path := "qoveryApiUrl"
	if c.QoveryAPIURL == "" || found.has(path) {
		return
	}
	err := qovery.CheckBaseURL(c.QoveryAPIURL)
	if !strings.HasPrefix(c.QoveryAPIURL, "https://") {
		err = errors.New("must begin with https://")
	}
	if err != nil {
		found.add(path, err.Error(), strconv.Quote(qovery.DefaultBaseURL))
	}
}
