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

type scale []piece

// newScale lays time out from left to right. A stretch in which nothing happens
// and that would dwarf all others is cut short, and marked as such.
func newScale(times []time.Time) scale {
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
	room := chartRight - chartLeft - float64(broken)*breakWidth
	var s scale
	x := chartLeft
	for i, gap := range gaps {
		p := piece{from: times[i], to: times[i+1], x: x, width: breakWidth, broken: gap > limit}
		if !p.broken {
			p.width = room * float64(gap) / float64(max(drawn, 1))
		}
		x += p.width
		s = append(s, p)
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
	for _, p := range s {
		if !t.After(p.to) {
			part := float64(t.Sub(p.from)) / float64(p.to.Sub(p.from))
			return p.x + p.width*min(1, max(0, part))
		}
	}
	return chartRight
}

// steps are how far apart the axis may show times.
var steps = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour,
	6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// ticks are round times on the stretches that are drawn to scale, and the day
// wherever it is another one.
func (s scale) ticks(y unit) []tick {
	step := steps[len(steps)-1]
	for _, p := range s {
		if p.broken || p.width == 0 {
			continue
		}
		perUnit := float64(p.to.Sub(p.from)) / p.width
		i, _ := slices.BinarySearch(steps, time.Duration(perUnit*tickSpacing))
		step = steps[min(i, len(steps)-1)]
		break
	}
	var ticks []tick
	day := ""
	for _, p := range s {
		if p.broken {
			day = "" // said again behind each break
			continue
		}
		for t := p.from.Truncate(step); !t.After(p.to); t = t.Add(step) {
			x := s.x(t)
			if t.Before(p.from) || x > chartRight-20 || s.nearBreak(x) || len(ticks) > 0 &&
				x-float64(ticks[len(ticks)-1].X) < tickSpacing*0.8 {
				continue
			}
			text := t.Format("15:04")
			if now := t.Format("Jan 2"); now != day {
				day, text = now, now+" "+text
			}
			ticks = append(ticks, tick{unit(x), y, text})
		}
	}
	return ticks
}

// nearBreak tells whether a tick's text would run into a break's.
func (s scale) nearBreak(x float64) bool {
	return slices.ContainsFunc(s, func(p piece) bool {
		distance := x - (p.x + breakAt*p.width)
		return p.broken && distance > -tickSpacing && distance < tickSpacing*0.6
	})
}

// breaks are drawn near the end of what is cut short, clear of the bars' words.
func (s scale) breaks(bottom unit) []breach {
	var list []breach
	for _, p := range s {
		if middle := p.x + breakAt*p.width; p.broken {
			list = append(list, breach{
				unit(middle - 5), unit(middle + 5), unit(middle), bottom - 22, bottom,
				words.Duration(p.to.Sub(p.from).Round(time.Hour)),
			})
		}
	}
	return list
}
