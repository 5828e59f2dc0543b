package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

//go:embed page.tmpl.html
var pageText string

// The colours of the day and of the night, and what is drawn with them.
var (
	//go:embed light.css
	lightText string
	//go:embed dark.css
	darkText string
	//go:embed chart.css
	chartText string
	//go:embed page.css
	pageStyle string
)

var styleText = ":root {\ncolor-scheme: light dark;\n" + lightText + "}\n" +
	"@media (prefers-color-scheme: dark) { :root {\n" + darkText + "} }\n" + pageStyle + chartText

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock":   clock,
	"stamp":   stamp,
	"machine": func(t time.Time) string { return words.Time(t, time.RFC3339) },
	"spell":   func(d any) string { return words.Duration(time.Duration(reflect.ValueOf(d).Int())) }, // of either type
	"between": func(from, to time.Time) string { return words.Duration(to.Sub(from)) },
	"style":   func() template.CSS { return template.CSS(styleText) }, // ours, not an input
	"number":  func(i int) int { return i + 1 },
	"slug":    func(v any) string { return strings.ReplaceAll(fmt.Sprint(v), " ", "-") },
	"charts":  Rotation.charts,
	"rows":    rows,
	"count":   words.Count,
	"purpose": purpose,
	"names":   func(list []string) string { return strings.Join(list, ", ") },
}).Parse(overviewText + pageText))

// WriteHTML writes the report as one page that needs nothing else.
func (r Report) WriteHTML(w io.Writer) error { return page.Execute(w, r) }

// WritePlan writes what a dry run found as one page.
func WritePlan(w io.Writer, view story.Plan, at time.Time) error {
	return page.ExecuteTemplate(w, "planned", struct {
		Title string
		At    time.Time
		View  story.Plan
	}{view.Target + ": " + view.Verdict + ", " + words.Time(at, time.DateOnly), at, view})
}

// WritePicture draws the chart of the report's first rotation as an SVG file, on
// light or dark ground. Its milestones have no table beside it, and so no numbers.
func (r Report) WritePicture(w io.Writer, dark bool) error {
	c := r.Rotations[0].chart(wide)
	c.Marks = nil
	colours := lightText
	if dark {
		colours = darkText
	}
	style := template.CSS(":root {\n" + colours + "background: var(--paper);\n}\n" + chartText)
	return page.ExecuteTemplate(w, "picture", struct {
		chart
		Style template.CSS
	}{c, style})
}

// row is a visit as the page shows it: states that a rotation goes through again
// and again while it waits for one thing are one row.
type row struct {
	Visit
	Rounds int // visits of State
}

func rows(visits []Visit) []row {
	var list []row
	for _, v := range visits {
		n := len(list)
		polls := n > 0 && story.Polls(v.State) && story.PhaseOf(v.State) == list[n-1].State
		if n == 0 || list[n-1].State != v.State && !polls {
			list = append(list, row{v, 1})
			continue
		}
		last := &list[n-1]
		last.LeftAt = v.LeftAt
		last.Tries += v.Tries
		last.Failures = slices.Concat(last.Failures, v.Failures)
		if v.State == last.State {
			last.Rounds++
		}
	}
	return list
}

// Kinds are the row's failures by what failed, in the order of their first.
func (r row) Kinds() []failures {
	var kinds []failures
	for _, f := range r.Failures {
		i := slices.IndexFunc(kinds, func(k failures) bool { return k.Error == f.Error })
		if i < 0 {
			kinds = append(kinds, failures{f, 0})
			i = len(kinds) - 1
		}
		kinds[i].Times++
	}
	return kinds
}

type failures struct {
	Failure
	Times int
}

var definition = sync.OnceValues(func() (*statemachine.Machine, error) {
	return statemachine.Load(statemachine.Definition)
})

// purpose is what the definition says of a state.
func purpose(state string) string {
	machine, err := definition()
	if err != nil {
		return ""
	}
	s, _ := machine.State(state) // none of an earlier version
	return s.Comment
}

// Title is what the page is called.
func (r Report) Title() string {
	const title = "Key rotation"
	if len(r.Rotations) > 0 {
		first := r.Rotations[0]
		return title + " of " + first.Settings.Name + ", " + words.Time(first.StartedAt, time.DateOnly)
	}
	for _, e := range r.Executions {
		if input, err := target.ParseInput(json.RawMessage(e.Input)); err == nil {
			return title + " of " + input.Target + ", " + words.Time(e.StartedAt, time.DateOnly)
		}
	}
	return title
}

// clock writes a time as it stands everywhere in a report.
func clock(t time.Time) string { return words.Time(t, time.DateTime+" UTC") }

// stamp is clock for a table whose head says UTC.
func stamp(t time.Time) string { return words.Time(t, time.DateTime) }
