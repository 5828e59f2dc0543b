package config

import (
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// checkSchedule wants a first rotation within ten years. A later one is a slip of
// the finger, and would rotate nothing.
func checkSchedule(path string, schedule target.Schedule, now time.Time, found *Mistakes) {
	field := path + ".schedule.startAt"
	if found.has(field) || found.has(path+".schedule.rateDays") {
		return // Check has said so
	}
	first, err := schedule.FirstRun(now)
	if err != nil || first.Before(now) || first.After(now.AddDate(10, 0, 0)) {
		found.add(field, fmt.Sprintf("%q leads to no rotation within ten years", schedule.StartAt),
			`"2026-01-13T09:00:00+01:00"`)
	}
}

// DueWarning tells what a deployment at this time may do to a rotation that is
// due about now, or is empty. A deployment gives the schedule a new StartDate,
// and what was due before that is not caught up.
func DueWarning(target target.Target, now time.Time) string {
	first, err := target.Schedule.FirstRun(now)
	if err != nil || !target.Schedule.Enabled {
		return ""
	}
	period := time.Duration(target.Schedule.RateDays) * 24 * time.Hour
	previous := first.Add(-period)
	window := time.Duration(target.Schedule.FlexibleWindowMinutes) * time.Minute
	anchor, err := time.Parse(time.RFC3339, target.Schedule.StartAt)
	startedBefore := err == nil && !previous.Before(anchor)
	switch {
	case startedBefore && previous.After(now):
		return fmt.Sprintf("The rotation of %s is due at %s, in less than ten minutes. This deployment moves it to %s; "+
			"deploy after it has started, or start it by hand.",
			target.Name, words.At(previous), words.At(first))
	case startedBefore && now.Before(previous.Add(window)):
		return fmt.Sprintf("The rotation of %s was due at %s and starts within %d minutes of that. If it has not started "+
			"yet, this deployment moves it to %s; see that it runs, or start it by hand.",
			target.Name, words.At(previous), target.Schedule.FlexibleWindowMinutes, words.At(first))
	case first.Before(now.Add(24 * time.Hour)):
		return fmt.Sprintf("The rotation of %s is due at %s. If this deployment is not over by then, CloudFormation "+
			"refuses the schedule, or the rotation is moved by %d days.",
			target.Name, words.At(first), target.Schedule.RateDays)
	}
	return ""
}

// ComplianceNote says how old a key is when it goes, if CIS and Security Hub count
// that; else it is empty. It may be what is wanted.
func ComplianceNote(t target.Target) string {
	age := time.Duration(t.Schedule.RateDays)*24*time.Hour + time.Duration(t.GracePeriod)
	if age <= target.UsualAgeLimit {
		return ""
	}
	return fmt.Sprintf("A key of %s is %s old when it goes, at the earliest. CIS and Security Hub count a key older "+
		"than 90 days. To comply, set schedule.rateDays to %d, which also keeps the weekday.", t.Name,
		words.Duration(age), target.ComplyingDays)
}

// FreezeWarnings name freezes that are over, which may be mistyped; and those that begin
// while a rotation that the schedule starts may still be running: they don't stop it.
func FreezeWarnings(target target.Target, now time.Time) (warnings []string) {
	const running = 12 * time.Hour
	for i, freeze := range target.Freeze {
		if freeze.IsOver(now) {
			warnings = append(warnings, fmt.Sprintf("freeze[%d] of %s is over, and freezes nothing. Correct its year, or take "+
				"it out of rotation.json.", i, target.Name))
			continue
		}
		if run := freeze.BeginsAfter(target.Schedule, running); target.Schedule.Enabled && !run.IsZero() {
			warnings = append(warnings, fmt.Sprintf("freeze[%d] of %s begins within twelve hours after the rotation of %s, "+
				"which may still deploy clusters in it.", i, target.Name, words.At(run)))
		}
	}
	return warnings
}

// MaintenanceWarning names a schedule that starts on a weekday on which Qovery
// deploys clusters by itself, or is empty.
// https://www.qovery.com/docs/getting-started/configuration/maintenance
func MaintenanceWarning(target target.Target) string {
	anchor, err := time.Parse(time.RFC3339, target.Schedule.StartAt)
	day := anchor.Weekday()
	if err != nil || !target.Schedule.Enabled || day != time.Monday && day != time.Wednesday {
		return ""
	}
	return fmt.Sprintf("The rotation of %s starts on a %s. Qovery deploys clusters by itself on Mondays, production ones "+
		"on Wednesdays, and a rotation waits for that. Set schedule.startAt to another day, such as a Tuesday; with a "+
		"rateDays that is a multiple of seven it stays that day.", target.Name, day)
}
