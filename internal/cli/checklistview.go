package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// The marks of a checklist. Colours say nothing that these don't.
const (
	isDone  = "✓"
	goesOn  = "●"
	comes   = "○"
	failed  = "✗"
	skipped = "–"
)

// coloured gives the marks their colours.
var coloured = strings.NewReplacer(isDone, green+isDone+plain, goesOn, yellow+goesOn+plain, failed, red+failed+plain)

// lines is the checklist on a screen of that size.
func (c *checklist) lines(now time.Time, width, height int) []string {
	foot := c.foot(now, width)
	var groups [][]string
	current := 0
	for _, it := range c.begun {
		groups = append(groups, c.shown(it, now, width))
	}
	if last := len(c.begun) - 1; last >= 0 {
		current = last
		if c.trouble != "" {
			groups[last] = append(groups[last], row("", "", "", c.trouble, width)...)
		}
	}
	for _, phase := range c.ahead {
		groups = append(groups, row(comes, phase.State, expected(phase), c.ofPhase(phase), width))
	}
	lines := append(fit(groups, current, height-len(foot)), foot...)
	return lines[:min(len(lines), max(height, 1))]
}

// shown is a phase that has begun.
func (c *checklist) shown(it item, now time.Time, width int) []string {
	mark, took := isDone, it.ended.Sub(it.began)
	switch {
	case it.ended.IsZero():
		mark, took = goesOn, now.Sub(it.began)
	case it.back:
		mark = skipped
	case it.failed:
		mark = failed
	}
	if mark != goesOn && took >= time.Minute {
		took = took.Round(time.Minute)
	}
	lines := row(mark, it.State, words.Duration(max(took, time.Second)), c.ofPhase(it.Phase), width)
	if mark == goesOn {
		lines = append(lines, c.progress(it, now, width)...)
	}
	return lines
}

// progress is a bar for what takes its time.
func (c *checklist) progress(it item, now time.Time, width int) []string {
	end, guessed := c.until()
	all := end.Sub(it.began)
	if end.IsZero() || all <= 0 {
		return nil
	}
	left := end.Sub(now)
	text := fmt.Sprintf("%s left, until %s", words.Duration(max(left, 0)), words.Time(end, "15:04 UTC"))
	switch {
	case guessed && left <= 0:
		text = "longer than the " + words.Duration(all) + " of the estimate"
	case guessed:
		text = "about " + words.Duration(left.Round(time.Minute)) + " left"
	}
	if !c.soakEnds().IsZero() {
		text = "observed: " + text
	}
	const most = 0.95 // of what is only expected
	done := 1 - float64(left)/float64(all)
	if guessed {
		done = min(done, most)
	}
	return row("", "", "", drawBar(done)+" "+text, width)
}

func expected(p story.Phase) string {
	switch {
	case p.Takes == 0:
		return ""
	case p.Estimated:
		return "~" + words.Duration(time.Duration(p.Takes))
	}
	return words.Duration(time.Duration(p.Takes))
}

// row is one phase: its mark, its state, how long it takes, and what it is about. A
// narrow screen has no column for how long.
func row(mark, state, takes, text string, width int) []string {
	const narrow = 70
	if width >= narrow {
		return words.Wrap(fmt.Sprintf("  %-1s %-18s%-13s", mark, state, takes), text, width)
	}
	if takes != "" {
		text = takes + ", " + text
	}
	return words.Wrap(fmt.Sprintf("%-1s %-18s", mark, state), text, width)
}

// ofPhase is what a phase is about: of a wave, each of its clusters.
func (c *checklist) ofPhase(p story.Phase) string {
	if p.State != story.Waves || p.Wave == 0 {
		return p.Text
	}
	text := fmt.Sprintf("wave %d:", c.numberOf(p.Wave))
	for _, progress := range c.doc.Deployment.Clusters {
		if progress.Wave == p.Wave {
			text += " " + words.Line(progress.Name) + " " + markOf(progress)
		}
	}
	return text
}

// numberOf counts the waves that have clusters.
func (c *checklist) numberOf(wave int) (n int) {
	waves := map[int]bool{wave: true}
	for _, progress := range c.doc.Deployment.Clusters {
		waves[progress.Wave] = true
	}
	for other := range waves {
		if other <= wave {
			n++
		}
	}
	return n
}

func markOf(p rotation.ClusterProgress) string {
	switch {
	case !p.DoneAt.IsZero():
		return isDone
	case p.Skipped != "":
		return skipped
	case p.Attempts > 1:
		return fmt.Sprintf("%s (attempt %d)", goesOn, p.Attempts)
	case p.Attempts > 0:
		return goesOn
	}
	return comes
}

// foot is what stands below: the keys, what comes next, and when it ends.
func (c *checklist) foot(now time.Time, width int) []string {
	lines := []string{""}
	add := func(name, format string, args ...any) {
		lines = append(lines, words.Wrap(fmt.Sprintf("  %-9s", name), fmt.Sprintf(format, args...), width)...)
	}
	for _, key := range keysOf(c.doc) {
		add(key.name, "%s  %s", key.id, key.state)
	}
	end, _ := c.until()
	switch ends := c.ends(now); {
	case !c.ended.IsZero():
		add("took", "%s", words.Duration(c.ended.Sub(c.began)))
	case c.began.IsZero():
		add("begun", "a moment ago")
	case ends.IsZero():
		add("begun", "%s, %s ago", words.At(c.began), words.Duration(now.Sub(c.began)))
	default:
		next := c.ahead[0].State
		if wave := c.ahead[0].Wave; wave > 0 {
			next += fmt.Sprintf(" (wave %d)", c.numberOf(wave))
		}
		if end.After(now) {
			next += " in about " + words.Span(now, end)
		}
		add("next", "%s", next)
		add("ends", "about %s, in %s (%s)", words.Time(ends, "15:04 UTC"), words.Span(now, ends), c.pace)
	}
	return lines
}

type shownKey struct{ name, id, state string }

// keysOf are both keys, as the rotation has left them for all that its document says.
func keysOf(doc rotation.Document) (keys []shownKey) {
	done := func(e rotation.Effect) bool { return !doc.Marks[e].Done.IsZero() }
	if doc.OldKey != "" {
		state := "Active"
		switch {
		case done(rotation.Delete):
			state = "deleted"
		case done(rotation.Deactivate):
			state = "Inactive"
		}
		if !done(rotation.Update) && doc.Kind == rotation.Rotate {
			state += ", in Qovery"
		}
		keys = append(keys, shownKey{"old key", doc.OldKey, state})
	}
	if doc.NewKey != "" {
		state := "Active"
		switch {
		case done(rotation.Discard):
			state = "deleted"
		case done(rotation.Update):
			state = "Active, in Qovery"
		}
		keys = append(keys, shownKey{"new key", doc.NewKey, state})
	}
	return keys
}

// fit makes room for the foot: what goes on stays whole, everything else gets a line, and
// at last those that are over, or far ahead, only a number.
func fit(groups [][]string, current, height int) (lines []string) {
	if count(groups) > height {
		for i := range groups {
			if i != current && len(groups[i]) > 1 {
				groups[i] = []string{groups[i][0] + " …"}
			}
		}
	}
	over, ahead := 0, 0
	for count(groups)+min(over, 1)+min(ahead, 1) > height && len(groups) > 1 {
		if current > 0 {
			groups, current, over = groups[1:], current-1, over+1
		} else {
			groups, ahead = groups[:len(groups)-1], ahead+1
		}
	}
	if over > 0 {
		lines = append(lines, fmt.Sprintf("  %s %s over", isDone, words.Count(over, "phase")))
	}
	lines = append(lines, slices.Concat(groups...)...)
	if ahead > 0 {
		lines = append(lines, fmt.Sprintf("  %s %s to come", comes, words.Count(ahead, "phase")))
	}
	return lines
}

func count(groups [][]string) int { return len(slices.Concat(groups...)) }

const barWidth = 24

// drawBar draws how much is done, from 0 to 1.
func drawBar(done float64) string {
	full := int(barWidth * min(max(done, 0), 1))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
}
