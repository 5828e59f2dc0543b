package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// span is a bar of the chart.
type span struct {
	lane, class, text string
	from, to          time.Time
}

// chartSpans are the bars beside those of the keys' lives: who held which key,
// the waves, the waits, and the executions if there are several.
func (f *facts) chartSpans(executions []Execution, r Rotation) []span {
	end := f.keys[0].KnownUntil
	var spans []span
	add := func(lane, class, text string, from, to time.Time) {
		if !from.IsZero() && to.After(from) {
			spans = append(spans, span{lane, class, text, from, to})
		}
	}
	held := f.latest.UpdatedAt
	add("Qovery holds", "old", f.latest.OldKey, orElse(f.keys[0].CreatedAt, r.StartedAt), orElse(held, end))
	add("Qovery holds", "new", f.latest.NewKey, held, end)
	spans = append(spans, f.deployments...)
	for _, wave := range r.Waves {
		if wave.DoneAt().IsZero() {
			add("Deployments", "work", fmt.Sprintf("wave %d", wave.Number), wave.StartedAt(), end)
		}
	}
	if canary := f.canary.Canary; canary != nil {
		add("Deployments", "work", "canary", f.canary.StartedAt, orElse(canary.DoneAt, end))
	}
	for _, e := range executions {
		if !slices.Contains(f.executions, e.Name) {
			continue
		}
		for _, v := range e.Visits {
			left := earlier(orElse(v.LeftAt, orElse(e.EndedAt, end)), end)
			switch v.State {
			case "GracePeriod", "ExtendGrace":
				add("Waits", "wait", "grace", later(v.EnteredAt, r.StartedAt), left)
			case "ObservationPeriod":
				add("Waits", "wait", "observation", later(v.EnteredAt, r.StartedAt), left)
			}
		}
		if len(f.executions) > 1 {
			add("Executions", "run", e.Name, later(e.StartedAt, r.StartedAt), earlier(orElse(e.EndedAt, end), end))
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(laneOrder(a.lane), laneOrder(b.lane)) })
	return joined(spans)
}

func laneOrder(lane string) int {
	return slices.Index([]string{"Qovery holds", "Deployments", "Waits", "Executions"}, lane)
}

// joined makes one bar of bars that follow one another and say the same.
func joined(spans []span) []span {
	var list []span
	for _, s := range spans {
		if n := len(list); n > 0 && list[n-1].lane == s.lane && list[n-1].text == s.text &&
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
			if i == len(key.Periods)-1 && (!key.DeletedAt.IsZero() || key.vanished()) {
				s.class += " deleted"
			}
			spans = append(spans, s)
		}
	}
	return append(spans, r.spans...)
}
