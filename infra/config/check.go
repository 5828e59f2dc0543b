package config

import (
	"errors"
	"fmt"
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
	c.checkAPI(found)
}

// checkKeyAge wants a limit that a key which is replaced in time never reaches:
// with a limit of rateDays, every key would be over it by its grace period.
func (c Config) checkKeyAge(found *Mistakes) {
	path := "keyAgeLimitDays"
	if found.has(path) {
		return
	}
	if problem := target.KeyAgeLimitProblem(c.KeyAgeLimitDays); problem != "" {
		found.add(path, fmt.Sprintf("%d %s", c.KeyAgeLimitDays, problem), strconv.Itoa(defaultKeyAgeLimitDays))
		return
	}
	for i, target := range c.Targets {
		days := target.Schedule.RateDays
		if days >= 7 && days <= 365 && days >= c.KeyAgeLimitDays {
			found.add(path, fmt.Sprintf("%d is not above the %d of targets[%d].schedule.rateDays, so that every key would be "+
				"over the limit before it is replaced",
				c.KeyAgeLimitDays, days, i), strconv.Itoa(days+10))
			return
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
