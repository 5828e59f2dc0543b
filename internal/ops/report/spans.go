package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// span is a bar of the chart.
type span struct {
	lane, row   string // a lane may have several rows
	class, text string
	from, to    time.Time
	deleted     bool // the key is, at its end
}

// chartSpans are the bars beside those of the keys' lives: who held which key,
// the waves, the waits, and the executions if there are several.
func (f *facts) chartSpans(executions []Execution, r Rotation) []span {
	end := f.keys[0].KnownUntil
	var spans []span
	add := func(lane, row, class, text string, from, to time.Time) {
		if !from.IsZero() && to.After(from) {
			spans = append(spans, span{lane: lane, row: row, class: class, text: text, from: from, to: to})
		}
	}
	held := f.latest.UpdatedAt
	add("Qovery holds", "", "old", f.latest.OldKey, cmp.Or(f.keys[0].CreatedAt, r.StartedAt), cmp.Or(held, end))
	add("Qovery holds", "", "new", f.latest.NewKey, held, end)
	spans = append(spans, f.deployments...)
	for _, s := range deployments(r.Waves, end) {
		if !slices.Contains(spans, s) {
			spans = append(spans, s)
		}
	}
	if canary := f.canary.Canary; canary != nil {
		row := ""
		if byName(r.Waves) {
			row = words.MaskKeys(canary.Name)
		}
		add(deploying, row, "work", "canary", f.canary.StartedAt, cmp.Or(canary.DoneAt, end))
	}
	for _, e := range executions {
		if !slices.Contains(f.executions, e.Name) {
			continue
		}
		for _, v := range e.Visits {
			left := earlier(cmp.Or(v.LeftAt, cmp.Or(e.EndedAt, end)), end)
			switch v.State {
			case "GracePeriod", "ExtendGrace":
				add("Waits", "", "wait", "grace", later(v.EnteredAt, r.StartedAt), left)
			case "ObservationPeriod":
				add("Waits", "", "wait", "observation", later(v.EnteredAt, r.StartedAt), left)
			}
		}
		if len(f.executions) > 1 {
			add("Executions", "", "run", e.Name, later(e.StartedAt, r.StartedAt), earlier(cmp.Or(e.EndedAt, end), end))
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(laneOrder(a.lane), laneOrder(b.lane)) })
	return joined(spans)
}

// deploying is the lane of the clusters. So many of them are shown by name, and more by
// wave.
const (
	deploying = "Deployments"
	mostNamed = 12
)

func byName(waves []Wave) bool {
	n := 0
	for _, wave := range waves {
		n += len(wave.Clusters)
	}
	return n <= mostNamed
}

// deployments are the bars of waves, or of their clusters. What isn't over reaches to the
// end.
func deployments(waves []Wave, end time.Time) (spans []span) {
	add := func(row, text string, from, to time.Time) {
		if to = cmp.Or(to, end); !from.IsZero() && to.After(from) {
			spans = append(spans, span{lane: deploying, row: row, class: "work", text: text, from: from, to: to})
		}
	}
	for _, wave := range waves {
		if !byName(waves) {
			add("", fmt.Sprintf("wave %d", wave.Number), wave.StartedAt(), wave.DoneAt())
			continue
		}
		for _, c := range wave.Clusters {
			add(c.Name, c.Name, c.StartedAt, c.DoneAt)
		}
	}
	return spans
}

func laneOrder(lane string) int {
	return slices.Index([]string{"Qovery holds", deploying, "Waits", "Executions"}, lane)
}

// joined makes one bar of bars that follow one another and say the same.
func joined(spans []span) []span {
	var list []span
	for _, s := range spans {
		if n := len(list); n > 0 && list[n-1].lane == s.lane && list[n-1].row == s.row && list[n-1].text == s.text &&
			s.from.Sub(list[n-1].to) < time.Minute {
			list[n-1].to = s.to
			continue
		}
		list = append(list, s)
	}
	return list
}

// keySpans are all bars, those of the keys first.
func (r Rotation) keySpans() []span {
	var spans []span
	for _, key := range r.Keys {
		for i, p := range key.Periods {
			s := span{lane: strings.ToUpper(key.Role[:1]) + key.Role[1:] + " " + key.ID, class: key.Role, text: string(p.Status),
				from: p.From, to: p.To}
			switch p.Status {
			case rotation.Inactive:
				s.class = "inactive"
			case NotKnown:
				s.class = "unknown"
			}
			s.deleted = i == len(key.Periods)-1 && (!key.DeletedAt.IsZero() || key.vanished())
			spans = append(spans, s)
		}
	}
	return append(spans, r.spans...)
}

// times are those that the chart has to show.
func (r Rotation) times(spans []span) (times []time.Time) {
	for _, s := range spans {
		times = append(times, s.from, s.to)
	}
	for _, m := range r.Milestones {
		times = append(times, m.At)
	}
	return times
}
