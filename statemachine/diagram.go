package statemachine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Diagram is the definition as a Mermaid stateDiagram-v2, which GitHub renders. States come in the order of the
// definition. Retries aren't shown; edges that a Catch takes say "on" and the errors.
func (m *Machine) Diagram() string {
	var d diagram
	d.line("stateDiagram-v2")
	for _, s := range m.order {
		if s.Type == "Choice" {
			d.line("    state %s <<choice>>", s.Name)
		}
	}
	d.line("    [*] --> %s", m.startAt)
	for _, s := range m.order {
		for _, edge := range edgesOf(s) {
			d.edge(s.Name, edge)
		}
	}
	d.classes(m)
	return d.out.String()
}

type diagram struct{ out strings.Builder }

func (d *diagram) line(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

// edge is one arrow: "" leads to the end. Several transitions to the same state share one.
type edge struct {
	to     string
	words  []string // why it is taken, joined with "or"
	errors []string // which errors take it, if a Catch does
}

func edgesOf(s *State) []edge {
	var edges []edge
	for _, c := range s.Choices {
		edges = merge(edges, edge{to: c.Next, words: []string{c.Condition}})
	}
	if s.Type != "Choice" {
		edges = append(edges, edge{to: s.Next})
	}
	caught := len(edges)
	for _, c := range s.Catch {
		edges = append(edges[:caught], merge(slices.Clone(edges[caught:]), edge{to: c.Next, errors: c.ErrorEquals})...)
	}
	return edges
}

func merge(edges []edge, more edge) []edge {
	for i := range edges {
		if edges[i].to == more.to {
			edges[i].words = append(slices.Clip(edges[i].words), more.words...)
			edges[i].errors = append(slices.Clip(edges[i].errors), more.errors...)
			return edges
		}
	}
	return append(edges, more)
}

func (d *diagram) edge(from string, e edge) {
	to := cmp.Or(e.to, "[*]")
	words := strings.Join(e.words, " or ")
	if len(e.errors) > 0 {
		words = "on " + shortened(e.errors)
	}
	if words != "" {
		words = " : " + label(words)
	}
	d.line("    %s --> %s%s", from, to, words)
}

// shortened names at most two errors: a route for every held code would fill the picture.
func shortened(names []string) string {
	if len(names) <= 2 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

// label takes out what would end a label or be read as syntax.
func label(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"'`:;#<>{}\\", r) || r < ' ' {
			return ' '
		}
		return r
	}, text)
}

func (d *diagram) classes(m *Machine) {
	for _, class := range []struct{ stateType, name, style string }{
		{"Wait", "waits", "stroke-dasharray:4 3"},
		{"Succeed", "succeeds", "stroke:#2da44e,stroke-width:2px"},
		{"Fail", "fails", "stroke:#cf222e,stroke-width:2px"},
	} {
		var names []string
		for _, s := range m.order {
			if s.Type == class.stateType {
				names = append(names, s.Name)
			}
		}
		if len(names) > 0 {
			d.line("    classDef %s %s", class.name, class.style)
			d.line("    class %s %s", strings.Join(names, ","), class.name)
		}
	}
}
