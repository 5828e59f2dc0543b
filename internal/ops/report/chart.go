package report

import (
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/words"
)

// Sizes in the chart's own unit, of which it is 1000 wide.
const (
	chartWidth  = 1000.0
	chartLeft   = 118.0 // where the time axis begins
	chartRight  = 984.0
	laneHeight  = 38.0
	barHeight   = 22.0
	breakWidth  = 104.0 // of a time that is not drawn to scale
	breakAt     = 0.79  // where in that the cut is
	axisHeight  = 26.0
	markRoom    = 34.0
	markSpacing = 24.0 // nearer ones share a mark
	tickSpacing = 74.0
	letterWidth = 6.6
)

// unit is a length in the chart.
type unit float64

// String writes no more digits than a drawing needs.
func (u unit) String() string { return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(u)), ".0") }

type chart struct {
	Height, AxisY, LanesBottom unit
	Lanes                      []lane
	Marks                      []mark
	Ticks                      []tick
	Breaks                     []breach
	Describes                  string // in words, for who cannot see it
}

type lane struct {
	Label      string
	Y, Middle  unit
	Bars       []bar
	TextBottom unit
}

type bar struct {
	Class, Text, Title  string
	X, Y, Width, Height unit
	TextX, TextY        unit
	HasEnd              bool // a cross: the key is deleted
	EndX, EndY          unit
}

type mark struct {
	Text           string
	X, Left, Width unit
}

type tick struct {
	X, Y unit
	Text string
}

type breach struct {
	GapX, GapEnd, Middle, Height, Bottom unit
	Text                                 string
}

// chart lays out a rotation.
func (r Rotation) chart() chart {
	spans := r.keySpans()
	var times []time.Time
	for _, s := range spans {
		times = append(times, s.from, s.to)
	}
	for _, m := range r.Milestones {
		times = append(times, m.At)
	}
	axis := newScale(times)
	c := chart{Describes: r.describeLives()}
	y := markRoom
	for _, s := range spans {
		if len(c.Lanes) == 0 || c.Lanes[len(c.Lanes)-1].Label != s.lane {
			c.Lanes = append(c.Lanes,
				lane{Label: s.lane, Y: unit(y), Middle: unit(y + barHeight/2), TextBottom: unit(y + barHeight/2 + 4.5)})
			y += laneHeight
		}
		last := &c.Lanes[len(c.Lanes)-1]
		last.Bars = append(last.Bars, axis.bar(s, float64(last.Y)))
	}
	c.LanesBottom, c.AxisY, c.Height = unit(y-laneHeight+barHeight+6), unit(y+10), unit(y+axisHeight)
	c.Marks, c.Ticks, c.Breaks = axis.marks(r.Milestones), axis.ticks(c.LanesBottom+4), axis.breaks(c.LanesBottom)
	return c
}

func (s scale) bar(span span, y float64) bar {
	x, end := s.x(span.from), s.x(span.to)
	b := bar{
		Class: strings.TrimSuffix(span.class, " deleted"), X: unit(x), Y: unit(y), Width: unit(max(2, end-x)),
		Height: unit(barHeight),
		TextX:  unit(x + 7), TextY: unit(y + barHeight/2 + 4.5), HasEnd: strings.HasSuffix(span.class, " deleted"),
		EndX: unit(max(x+2, end)), EndY: unit(y + barHeight/2),
		Title: fmt.Sprintf("%s, %s: %s to %s (%s)", span.lane, span.text, clock(span.from), clock(span.to),
			words.Duration(span.to.Sub(span.from))),
	}
	if float64(b.Width) > 14+letterWidth*float64(len(span.text)) {
		b.Text = span.text
	}
	return b
}

// marks number the milestones, as the table beside the chart does.
func (s scale) marks(milestones []Milestone) []mark {
	type group struct {
		first, last int
		x           float64
	}
	var groups []group
	for i, m := range milestones {
		x := s.x(m.At)
		if n := len(groups); n > 0 && x-groups[n-1].x < markSpacing+letterWidth*2 {
			groups[n-1].last = i + 1
			continue
		}
		groups = append(groups, group{i + 1, i + 1, x})
	}
	var marks []mark
	for _, g := range groups {
		text := fmt.Sprint(g.first)
		if g.last > g.first {
			text += "–" + fmt.Sprint(g.last)
		}
		width := 11 + letterWidth*float64(len([]rune(text)))
		x := min(g.x, chartWidth-1-width/2)
		marks = append(marks, mark{text, unit(x), unit(x - width/2), unit(width)})
	}
	return marks
}

// describeLives says what the chart shows.
func (r Rotation) describeLives() string {
	var lives []string
	for _, key := range r.Keys {
		var periods []string
		for _, p := range key.Periods {
			periods = append(periods, fmt.Sprintf("%s from %s to %s", p.Status, clock(p.From), clock(p.To)))
		}
		life := fmt.Sprintf("The %s key %s is %s", key.Role, key.ID, strings.Join(periods, ", then "))
		if !key.DeletedAt.IsZero() {
			life += ", then deleted"
		}
		if key.vanished() {
			life += ", then gone"
		}
		lives = append(lives, life+".")
	}
	return strings.Join(lives, " ")
}
