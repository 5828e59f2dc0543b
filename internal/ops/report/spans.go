package report

import (
	"cmp"
	"fmt"
	"slices"
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

// spans are bars that are being put together.
type spans []span

// add leaves out what has not begun, or has no length.
func (s *spans) add(lane, row, class, text string, from, to time.Time) {
	if !from.IsZero() && to.After(from) {
		*s = append(*s, span{lane: lane, row: row, class: class, text: text, from: from, to: to})
	}
}

// chartSpans are the bars beside those of the keys' lives: who held which key,
// the waves, the waits, and the executions if there are several.
func (f *facts) chartSpans(executions []Execution, r Rotation) []span {
	var all, waits, runs spans
	end, held := f.keys[0].KnownUntil, f.latest.UpdatedAt
	all.add("Qovery holds", "", "old", f.latest.OldKey, cmp.Or(f.keys[0].CreatedAt, r.StartedAt), cmp.Or(held, end))
	all.add("Qovery holds", "", "new", f.latest.NewKey, held, end)
	all = append(all, f.deployments...)
	for _, s := range deployments(r.Waves, end) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if canary := f.canary.Canary; canary != nil {
		row := ""
		if byName(r.Waves) {
			row = words.MaskKeys(canary.Name)
		}
		all.add(deploying, row, "work", "canary", f.canary.StartedAt, cmp.Or(canary.DoneAt, end))
	}
	waited := map[string]string{"GracePeriod": "grace", "ExtendGrace": "grace", "ObservationPeriod": "observation"}
	for _, e := range executions {
		if !slices.Contains(f.executions, e.Name) {
			continue
		}
		over := earlier(cmp.Or(e.EndedAt, end), end)
		for _, v := range e.Visits {
			if text := waited[v.State]; text != "" {
				waits.add("Waits", "", "wait", text, later(v.EnteredAt, r.StartedAt), earlier(cmp.Or(v.LeftAt, over), end))
			}
		}
		if len(f.executions) > 1 {
			runs.add("Executions", "", "run", e.Name, later(e.StartedAt, r.StartedAt), over)
		}
	}
	return joined(slices.Concat(all, waits, runs))
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
func deployments(waves []Wave, end time.Time) (bars spans) {
	for _, wave := range waves {
		if !byName(waves) {
			bars.add(deploying, "", "work", fmt.Sprintf("wave %d", wave.Number), wave.StartedAt(), cmp.Or(wave.DoneAt(), end))
			continue
		}
		for _, c := range wave.Clusters {
			bars.add(deploying, c.Name, "work", c.Name, c.StartedAt, cmp.Or(c.DoneAt, end))
		}
	}
	return bars
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
	var all []span
	for _, key := range r.Keys {
		for i, p := range key.Periods {
			s := span{lane: words.Capital(key.Role) + " " + key.ID, class: key.Role, text: string(p.Status), from: p.From,
				to: p.To}
			switch p.Status {
			case rotation.Inactive:
				s.class = "inactive"
			case NotKnown:
				s.class = "unknown"
			}
			s.deleted = i == len(key.Periods)-1 && (!key.DeletedAt.IsZero() || key.vanished())
			all = append(all, s)
		}
	}
	return append(all, r.spans...)
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
