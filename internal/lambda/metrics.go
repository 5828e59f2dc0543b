// Metrics are written as CloudWatch's embedded metric format has them: lines in
// a function's log, out of which CloudWatch makes metrics by itself. A function
// needs no right and no request for that.

package lambda

import (
	"encoding/json"
	"io"
	"time"
)

// Namespace is what all metrics of this system are under.
const Namespace = "qovery-key-rotation"

// Dimension is the one dimension: the name of a target. Metrics without it are
// about all targets together.
const Dimension = "target"

// Unit is a unit as CloudWatch names it.
type Unit string

// The units in use. CloudWatch knows none for days.
const (
	Count   Unit = "Count"
	Seconds Unit = "Seconds"
	NoUnit  Unit = "None"
)

// Metric is one value of a metric.
type Metric struct {
	Name  string
	Unit  Unit
	Value float64
	// Always: an alarm of every stack watches that of all targets together.
	Always bool
}

// Metrics is where the lines go.
type Metrics struct {
	to  io.Writer
	all bool
}

// MetricsTo returns a log. In a function it is the standard output; Lambda passes on
// what is JSON already, at the level INFO. CloudWatch bills each metric: unless all
// are wanted, it is to make those alone that every stack needs.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func MetricsTo(w io.Writer, all bool) Metrics { return Metrics{w, all} }

// Put writes metrics of a moment in one line, about a target or, with "", about
// all. Words are put beside them, for queries of the log; they are no dimensions.
func (l Metrics) Put(at time.Time, target string, words map[string]string, metrics ...Metric) error {
	line, err := json.Marshal(l.embedded(at, target, words, metrics))
	if err != nil {
		return err // a value that isn't a number
	}
	_, err = l.to.Write(append(line, '\n'))
	return err
}

// embedded is a line as the specification has it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (l Metrics) embedded(at time.Time, target string, words map[string]string, metrics []Metric) map[string]any {
	type name struct {
		Name string
		Unit Unit
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []name
	}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{}}}
	fields := map[string]any{}
	for word, value := range words {
		fields[word] = value
	}
	if target != "" {
		d.Dimensions = [][]string{{Dimension}}
		fields[Dimension] = target
	}
	for _, m := range metrics {
		fields[m.Name] = m.Value
		if l.all || m.Always && target == "" {
			d.Metrics = append(d.Metrics, name{m.Name, m.Unit})
		}
	}
	if d.Metrics != nil {
		fields["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": []directive{d}}
	}
	return fields
}
