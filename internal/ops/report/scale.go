package report

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/words"
)

// piece is a stretch of the time axis.
type piece struct {
	from, to time.Time
	x, width float64
	broken   bool
}

// scale is the time axis of a canvas.
type scale struct {
	canvas
	pieces []piece
}

// newScale lays time out from left to right. A stretch in which nothing happens
// and that would dwarf all others is cut short, and marked as such.
func newScale(on canvas, times []time.Time) scale {
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	var gaps []time.Duration
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	limit := longestDrawn(gaps)
	var drawn time.Duration
	broken := 0
	for _, gap := range gaps {
		if gap > limit {
			broken++
		} else {
			drawn += gap
		}
	}
	room := on.right - on.left - float64(broken)*on.breakWidth
	s := scale{canvas: on}
	x := on.left
	for i, gap := range gaps {
		p := piece{from: times[i], to: times[i+1], x: x, width: on.breakWidth, broken: gap > limit}
		if !p.broken {
			p.width = room * float64(gap) / float64(max(drawn, 1))
		}
		x += p.width
		s.pieces = append(s.pieces, p)
	}
	return s
}

// longestDrawn is the longest gap that is drawn to scale: a longer one is over an
// hour, and over three times all shorter ones together.
func longestDrawn(gaps []time.Duration) time.Duration {
	var sum time.Duration
	for _, gap := range slices.Sorted(slices.Values(gaps)) {
		if gap > time.Hour && gap > 3*sum && sum > 0 {
			return gap - 1
		}
		sum += gap
	}
	return sum
}

func (s scale) x(t time.Time) float64 {
	for _, p := range s.pieces {
		if !t.After(p.to) {
			part := float64(t.Sub(p.from)) / float64(p.to.Sub(p.from))
			return p.x + p.width*min(1, max(0, part))
		}
	}
	return s.right
}

// steps are how far apart the axis may show times.
var steps = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour,
	6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// ticks are round times on the stretches that are drawn to scale, and the day
// wherever it is another one.
func (s scale) ticks(y unit) []label {
	step := s.step()
	var ticks []label
	day := ""
	for _, p := range s.pieces {
		if p.broken {
			day = "" // said again behind each break
			continue
		}
		for t := p.from.Truncate(step); !t.After(p.to); t = t.Add(step) {
			if t.Before(p.from) {
				continue
			}
			text, now := t.Format("15:04"), t.Format("Jan 2")
			if now != day {
				text = now + " " + text
			}
			if x := s.x(t); s.free(x, text, ticks) {
				day = now
				ticks = append(ticks, label{unit(x), y, text})
			}
		}
	}
	return ticks
}

// step is how far apart ticks are.
func (s scale) step() time.Duration {
	for _, p := range s.pieces {
		if !p.broken && p.width > 0 {
			perUnit := float64(p.to.Sub(p.from)) / p.width
			i, _ := slices.BinarySearch(steps, time.Duration(perUnit*tickSpacing))
			return steps[min(i, len(steps)-1)]
		}
	}
	return steps[len(steps)-1]
}

// free tells whether a tick's text would run into no other, nor into a break's.
func (s scale) free(x float64, text string, ticks []label) bool {
	end := x + widthOf(text)
	if n := len(ticks); end > s.width || n > 0 && x < float64(ticks[n-1].X)+widthOf(ticks[n-1].Text) {
		return false
	}
	return !slices.ContainsFunc(s.breaks(0), func(b breach) bool {
		half := widthOf(b.Text)/2 + nameSpacing
		return x < float64(b.Middle)+half && end > float64(b.Middle)-half
	})
}

// clear is how far it is from a bar's beginning to its end, or to where it is cut.
func (s scale) clear(x, end float64) float64 {
	for _, b := range s.breaks(0) {
		if gap := float64(b.GapX); gap > x && gap < end {
			return gap - x
		}
	}
	return end - x
}

// breakAt is where in a stretch that is cut short the cut is: near its end, clear of the
// bars' words.
const breakAt = 0.79

func (s scale) breaks(bottom unit) []breach {
	var list []breach
	for _, p := range s.pieces {
		if middle := p.x + breakAt*p.width; p.broken {
			list = append(list, breach{
				unit(middle - 5), unit(middle + 5), unit(middle), bottom - 22, bottom,
				words.Duration(p.to.Sub(p.from).Round(time.Hour)),
			})
		}
	}
	return list
}
