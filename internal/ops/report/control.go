package report

import (
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Verdict says whether a control is met.
type Verdict string

// The verdicts. What cannot be told is never called met.
const (
	Met    Verdict = "met"
	NotMet Verdict = "not met"
	Open   Verdict = "open" // the key may still live too long
	Untold Verdict = "cannot be told"
)

// Control is a rule on the age of keys, and whether the old key kept to it.
type Control struct {
	Name    string  `json:"name"`
	Asks    string  `json:"asks"`
	Source  string  `json:"source,omitempty"` // public address of its text
	Verdict Verdict `json:"verdict"`
	Because string  `json:"because"`
}

// controls judges the old key's life.
//
// CIS Amazon Web Services Foundations Benchmark, "Ensure access keys are rotated
// every 90 days or less": recommendation 1.14 of version 4.0.1, 2.12 of 7.0.0.
// https://tenable.com/audits/items/CIS_Amazon_Web_Services_Foundations_v4.0.1_L1.audit:2dddb82b578a49d084a2b4bbeb4a8b5b
//
// www.tenable.com/audits/items/CIS_Amazon_Web_Services_Foundations_v7.0.0_L1.audit:eac7dffb1e4bf37ac60384a3ae553903
//
// Security Hub's IAM.3 has the AWS Config rule access-keys-rotated evaluate it,
// which looks at Active keys alone and counts from their creation.
// https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3
// https://docs.aws.amazon.com/config/latest/developerguide/access-keys-rotated.html
func controls(old *Key) []Control {
	active, because := judgeActive(old)
	life, lifeBecause := judgeLife(old)
	return []Control{
		{
			Name: "CIS AWS Foundations Benchmark, access keys", Verdict: active, Because: because,
			Asks:   "Access keys are rotated every 90 days or less (1.14 in version 4.0.1, 2.12 in 7.0.0).",
			Source: "www.cisecurity.org/benchmark/amazon_web_services",
		},
		{
			Name: "AWS Security Hub, IAM.3", Verdict: active, Because: because,
			Asks:   "No Active access key of an IAM user is older than 90 days (AWS Config rule access-keys-rotated).",
			Source: "docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3",
		},
		{
			Name: "90 days from creation to deletion", Verdict: life, Because: lifeBecause,
			Asks: "The strictest reading: 90 days after its creation the key does not exist any more, not even Inactive.",
		},
	}
}

const noBirth = "No history that was read says when the old key was created."

// judgeActive judges by how old the key was when it was Active last.
func judgeActive(old *Key) (Verdict, string) {
	age := old.ActiveUntil().Sub(old.CreatedAt)
	switch over := age - target.UsualAgeLimit; {
	case old.CreatedAt.IsZero():
		return Untold, noBirth
	case old.PerhapsLess():
		return judgeVanished(age, old.seenActive().Sub(old.CreatedAt), "was Active last")
	case old.Status() != "Active":
		return judgeAge(age, "was Active last")
	case over > 0:
		return NotMet, fmt.Sprintf("It is Active and was %s old when this report ends, %s too old.", words.Duration(age),
			words.Duration(over))
	}
	return Open, fmt.Sprintf("It is Active and was %s old when this report ends; it must be Inactive by %s.",
		words.Duration(age), clock(old.CreatedAt.Add(target.UsualAgeLimit)))
}

// judgeLife judges by how long the key existed.
func judgeLife(old *Key) (Verdict, string) {
	age := old.KnownUntil.Sub(old.CreatedAt)
	exists := fmt.Sprintf("It exists, and was %s old when this report ends.", words.Duration(age))
	switch {
	case old.CreatedAt.IsZero():
		return Untold, noBirth
	case old.vanished():
		return judgeVanished(old.GoneBy.Sub(old.CreatedAt), old.SeenAt.Sub(old.CreatedAt), "was deleted")
	case !old.DeletedAt.IsZero():
		return judgeAge(old.DeletedAt.Sub(old.CreatedAt), "was deleted")
	case age > target.UsualAgeLimit:
		return NotMet, exists
	}
	return Open, exists
}

// judgeAge judges a key by how old it was when that happened to it.
func judgeAge(age time.Duration, when string) (Verdict, string) {
	because := fmt.Sprintf("It was %s old when it %s", words.Duration(age), when)
	if over := age - target.UsualAgeLimit; over > 0 {
		return NotMet, because + fmt.Sprintf(", %s too old.", words.Duration(over))
	}
	return Met, because + "."
}

// judgeVanished judges a key that was found gone: what it was at least, and at most.
func judgeVanished(most, least time.Duration, when string) (Verdict, string) {
	because := fmt.Sprintf("It was between %s and %s old when it %s: it was found gone, and when it went is not known.",
		words.Duration(least), words.Duration(most), when)
	switch {
	case most <= target.UsualAgeLimit:
		return Met, because
	case least > target.UsualAgeLimit:
		return NotMet, because
	}
	return Untold, because
}

// Advice says how the next rotation keeps to the controls, if this one was too
// late only because the schedule leaves no room for the overlap.
func (r Rotation) Advice() string {
	days := r.Settings.Schedule.RateDays
	complies := func(days int) bool {
		return time.Duration(days)*24*time.Hour+time.Duration(r.BothActive) <= target.UsualAgeLimit
	}
	if r.Controls[0].Verdict != NotMet || complies(days) || !complies(target.ComplyingDays) {
		return ""
	}
	return fmt.Sprintf("The old key stays Active while the clusters are deployed and in the grace period, so with a "+
		"rotation every %s it grows older than 90 days. To comply, set schedule.rateDays to %d, which "+
		"also keeps the weekday.", words.Count(days, "day"), target.ComplyingDays)
}

// Sources are the public addresses of the controls.
func (r Report) Sources() []string {
	var sources []string
	for _, control := range r.Rotations {
		for _, c := range control.Controls {
			if c.Source != "" && !slices.Contains(sources, c.Source) {
				sources = append(sources, c.Source)
			}
		}
	}
	return sources
}
