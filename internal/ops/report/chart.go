package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qovery-key-rotation/internal/words"
)

// canvas is what a chart is drawn on. On a narrow one a lane's label stands above its
// bars, and not beside them.
type canvas struct {
	class       string
	width       float64
	left, right float64 // where the time axis begins and ends
	breakWidth  float64 // of a time that is not drawn to scale
	stacked     bool
}

var (
	wide   = canvas{"wide", 1000, 118, 984, 104, false}
	narrow = canvas{"narrow", 368, 2, 356, 78, true} // a phone's
)

// Sizes in the chart's own unit. Letters are taken to be as wide as they are in the
// widest font that a browser may choose.
const (
	barHeight   = 22.0
	rowHeight   = 17.0 // of a bar where a lane has several rows
	rowSpacing  = 4.0
	laneSpacing = 16.0
	labelHeight = 17.0 // above the bars
	nameHeight  = 15.0 // of a line of names below the bars
	nameSpacing = 5.0
	crossWidth  = 7.0
	axisHeight  = 26.0
	markRoom    = 34.0
	markSpacing = 4.0
	tickSpacing = 74.0
	letterWidth = 8.0
)

// unit is a length in the chart.
type unit float64

// String writes no more digits than a drawing needs.
func (u unit) String() string { return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(u)), ".0") }

// Plus is a length that is longer by so much.
func (u unit) Plus(more float64) unit { return u + unit(more) }

type chart struct {
	Class              string
	Width, Height      unit
	Left, Right        unit // of the axis
	LanesBottom, AxisY unit
	Labels, Names      []label // of lanes, and of bars that have no room for theirs
	Bars               []bar
	Marks              []mark
	Ticks              []label
	Breaks             []breach
	Describes          string // in words, for who cannot see it
}

type label struct {
	X, Y unit
	Text string
}

type bar struct {
	Class, Title        string
	X, Y, Width, Height unit
	Text                *label // within it
	Cross               *label // at its end: the key is deleted
}

type mark struct {
	Text           string
	X, Left, Width unit
}

type breach struct {
	GapX, GapEnd, Middle, Height, Bottom unit
	Text                                 string
}

// charts are the rotation's, of which a page shows the one that it has room for.
func (r Rotation) charts() []chart { return []chart{r.chart(wide), r.chart(narrow)} }

// chart lays out a rotation.
func (r Rotation) chart(on canvas) chart {
	spans := r.keySpans()
	axis := newScale(on, r.times(spans))
	c := chart{Class: on.class, Width: unit(on.width), Left: unit(on.left), Right: unit(on.right),
		Describes: r.describeLives()}
	y := markRoom
	for _, lane := range grouped(spans, laneOf) {
		y = c.addLane(axis, lane, y) + laneSpacing
	}
	c.LanesBottom, c.AxisY, c.Height = unit(y-laneSpacing+6), unit(y+10), unit(y+axisHeight)
	c.Marks, c.Breaks = axis.marks(r.Milestones), axis.breaks(c.LanesBottom)
	c.Ticks = axis.ticks(c.AxisY)
	return c
}

// addLane adds bars with one label, and returns where they end below.
func (c *chart) addLane(axis scale, spans []span, y float64) float64 {
	rows, height := grouped(spans, rowOf), barHeight
	if len(rows) > 1 {
		height = rowHeight
	}
	name := label{0, unit(middleOf(y, height)), spans[0].lane}
	if axis.stacked {
		name.Y = unit(y + labelHeight - 6)
		y += labelHeight
	}
	c.Labels = append(c.Labels, name)
	for _, row := range rows {
		y = c.addRow(axis, row, y, height) + rowSpacing
	}
	return y - rowSpacing
}

// middleOf is the base of a text in the middle of a bar.
func middleOf(y, height float64) float64 { return y + height/2 + 4.5 }

func laneOf(s span) string { return s.lane }

func rowOf(s span) string { return s.row }

// grouped are the bars that have something in common, in the order of the first of them.
func grouped(spans []span, by func(span) string) (groups [][]span) {
	for _, s := range spans {
		i := slices.IndexFunc(groups, func(group []span) bool { return by(group[0]) == by(s) })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// addRow adds bars side by side. The name of a bar stands within it; if it has no room
// there, beside it; and if there is none either, below.
func (c *chart) addRow(axis scale, spans []span, y, height float64) float64 {
	slices.SortStableFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var below []label
	free := axis.left // from here on nothing is drawn yet
	for i, s := range spans {
		b, end := axis.bar(s, y, height)
		text := axis.fit(s.text)
		next, needs := axis.width, widthOf(text)
		if i+1 < len(spans) {
			next = axis.x(spans[i+1].from)
		}
		name := label{b.X + 7, unit(middleOf(y, height)), text}
		switch {
		case axis.clear(float64(b.X), end) >= needs+12:
			b.Text = &name
		case next-end >= needs+2*nameSpacing:
			name.X = unit(end + nameSpacing)
			c.Names, end = append(c.Names, name), end+nameSpacing+needs
		case float64(b.X)-free >= needs+2*nameSpacing:
			name.X = b.X - unit(nameSpacing+needs)
			c.Names = append(c.Names, name)
		default:
			below = append(below, label{b.X, 0, text})
		}
		c.Bars, free = append(c.Bars, b), end
	}
	return c.addBelow(axis, below, y+height)
}

// addBelow writes names below a row, in as many lines as they need.
func (c *chart) addBelow(axis scale, names []label, y float64) float64 {
	var ends []float64 // of the lines
	for _, name := range names {
		x := max(0, min(float64(name.X), axis.width-widthOf(name.Text)))
		line := 0
		for line < len(ends) && ends[line]+nameSpacing > x {
			line++
		}
		if line == len(ends) {
			ends = append(ends, 0)
		}
		ends[line] = x + widthOf(name.Text)
		c.Names = append(c.Names, label{unit(x), unit(y + nameHeight*float64(line+1) - 3), name.Text})
	}
	return y + nameHeight*float64(len(ends))
}

func widthOf(text string) float64 { return letterWidth * float64(utf8.RuneCountInString(text)) }

// fit shortens what is too long for the canvas.
func (c canvas) fit(text string) string {
	return words.Short(text, int((c.right-c.left)/2/letterWidth))
}

// bar draws a span. The bar, with the cross that it may end with, reaches to end.
func (s scale) bar(span span, y, height float64) (b bar, end float64) {
	x := s.x(span.from)
	end = max(x+2, s.x(span.to))
	b = bar{
		Class: span.class, X: unit(x), Y: unit(y), Width: unit(end - x), Height: unit(height),
		Title: fmt.Sprintf("%s, %s: %s to %s (%s)", span.lane, span.text, clock(span.from), clock(span.to),
			words.Duration(span.to.Sub(span.from))),
	}
	if span.deleted {
		b.Cross = &label{unit(end), unit(y + height/2), ""}
		end += crossWidth
	}
	return b, end
}

// marks number the milestones, as the table beside the chart does. Those that would lie
// on one another share a mark.
func (s scale) marks(milestones []Milestone) []mark {
	type group struct {
		first, last int
		x           float64
	}
	draw := func(g group) mark {
		text := fmt.Sprint(g.first)
		if g.last > g.first {
			text += "–" + fmt.Sprint(g.last)
		}
		width := 9 + widthOf(text)
		x := max(1+width/2, min(g.x, s.width-1-width/2))
		return mark{text, unit(x), unit(x - width/2), unit(width)}
	}
	var groups []group
	var marks []mark
	for i, m := range milestones {
		g := group{i + 1, i + 1, s.x(m.At)}
		next := draw(g)
		for n := len(marks) - 1; n >= 0 && next.Left < marks[n].Left+marks[n].Width+markSpacing; n-- {
			g.first, g.x = groups[n].first, groups[n].x
			next, groups, marks = draw(g), groups[:n], marks[:n]
		}
		groups, marks = append(groups, g), append(marks, next)
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
