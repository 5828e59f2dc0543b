package audit

import (
	"maps"
	"math"
	"time"

	"qovery-key-rotation/internal/lambda"
)

// The metrics. Each is about a target, and again, without a dimension, about
// all targets together: the highest age, the sums of the others, and Audited
// only if every target was.
const (
	KeyAge       = "KeyAge"       // days, of the oldest Active key that is not left over
	KeyCount     = "Keys"         // access keys of the IAM user
	LeftoverKeys = "LeftoverKeys" // keys that no place in Qovery holds and no open rotation names
	Drift        = "Drift"        // places in Qovery that do not hold the user's Active key
	OpenRecords  = "OpenRecords"  // rotations that are open while nobody is at work on them
	Audited      = "Audited"      // 1 when everything could be read
)

// Metrics are the metrics with their units.
var Metrics = []lambda.Metric{
	{Name: KeyAge, Unit: lambda.NoUnit}, {Name: KeyCount, Unit: lambda.Count}, {Name: LeftoverKeys, Unit: lambda.Count},
	{Name: Drift, Unit: lambda.Count}, {Name: OpenRecords, Unit: lambda.Count},
	{Name: Audited, Unit: lambda.Count, Always: true},
}

// Figures are the values of the metrics. What is not known has none.
type Figures map[string]float64

func (f Figures) metrics() []lambda.Metric {
	var list []lambda.Metric
	for _, m := range Metrics {
		if value, known := f[m.Name]; known {
			m.Value = value
			list = append(list, m)
		}
	}
	return list
}

// altogether is the figures of all targets. A figure that is not known of one
// target is that of the others, unless that is below what its alarm rings for: then
// the whole may reach it all the same, and an alarm that rings is not to be ended.
func altogether(judged []Judgement, ageLimit time.Duration) Figures {
	all, known := Figures{Audited: 1}, map[string]int{}
	for _, j := range judged {
		if _, aged := j.Figures[KeyAge]; !aged && j.Judged[tooOld] {
			known[KeyAge]++ // there is no Active key in use, and so no age
		}
		for name, value := range j.Figures {
			known[name]++
			switch name {
			case KeyAge:
				all[name] = max(all[name], value)
			case Audited:
				all[name] = min(all[name], value)
			default:
				all[name] += value
			}
		}
	}
	maps.DeleteFunc(all, func(name string, value float64) bool {
		least := 1.0
		if name == KeyAge {
			least = days(ageLimit.Hours())
		}
		return value < least && name != Audited && known[name] < len(judged)
	})
	return all
}

// days rounds to hundredths, which is a quarter of an hour.
func days(hours float64) float64 { return math.Round(hours/24*100) / 100 }
