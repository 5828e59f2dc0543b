package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"qovery-key-rotation/internal/words"
)

const (
	hoursAMonth = 365 * 24 / 12.0
	daysAMonth  = 365 / 12.0
)

// audit is the function that runs once a day.
const audit = "audit"

// template is the synthesized stack, which a test of infra/stack keeps as it is.
const template = "infra/stack/testdata/qovery-key-rotation.template.json"

// stack is what is deployed and has a price by being there.
type stack struct {
	alarms, alarmed  int // alarms, and the metrics that they watch
	dashboards, keys int
}

// readStack reads the synthesized template, and insists on the memory sizes that
// the prices are calculated with.
func readStack() (stack, error) {
	var s stack
	text, err := os.ReadFile(template)
	if err != nil {
		return s, err
	}
	var synthesized struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				MemorySize int
				Metrics    []struct{ MetricStat json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(text, &synthesized); err != nil {
		return s, fmt.Errorf("reading %s: %w", template, err)
	}
	for name, resource := range synthesized.Resources {
		switch resource.Type {
		case "AWS::CloudWatch::Alarm":
			watched := 0
			for _, metric := range resource.Properties.Metrics {
				if metric.MetricStat != nil {
					watched++
				}
			}
			s.alarms++
			s.alarmed += max(watched, 1)
		case "AWS::CloudWatch::Dashboard":
			s.dashboards++
		case "AWS::KMS::Key":
			s.keys++
		case "AWS::Lambda::Function":
			if resource.Properties.MemorySize != lambdaMemory {
				return s, fmt.Errorf("%s has %d MB in %s, not %d", name, resource.Properties.MemorySize, template, lambdaMemory)
			}
		}
	}
	return s, nil
}

// month is what the stack costs a month by being there, with so many targets and
// no rotation. The audit is measured with one target: with more it counts as so
// many runs, and each of its calls as a write to the journal, which both is more
// than is charged.
func (s stack) month(p prices, a firstAnswer, targets int) []item {
	each, all := a.metrics()
	metrics := each*targets + all
	runs := daysAMonth * float64(targets)
	run := modelOf(audit, simulated{}, map[string]firstAnswer{audit: a}).costs(lambdaMemory, p) + p.of("lambdaRequest")
	around := float64(a.calls)*p.of("dynamoWrite") + p.of("kmsRequest") + p.of("trace") + p.of("schedule") + float64(len(a.log))/1e9*p.of("logsGB")
	return []item{
		{fmt.Sprintf("%s on %s", words.Count(s.alarms, "alarm"), words.Count(s.alarmed, "metric")), float64(s.alarmed) * p.of("alarmMetricMonth")},
		{words.Count(s.dashboards, "dashboard"), float64(s.dashboards) * p.of("dashboardMonth")},
		{words.Count(s.keys, "key") + " of its own", float64(s.keys) * p.of("kmsKeyMonth")},
		{fmt.Sprintf("the audit's %s", words.Count(metrics, "metric")), float64(metrics) * daysAMonth / hoursAMonth * p.of("customMetricMonth")},
		{"the audit's Lambda", runs * run},
		{"the audit's calls, log, trace", runs * around},
	}
}

// metrics counts the metrics in a function's log: those of its one target, and
// those of all targets together. A metric is charged for the hours in which it is
// sent. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html
func (a firstAnswer) metrics() (each, all int) {
	for line := range bytes.Lines(a.log) {
		var put struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Dimensions [][]string
					Metrics    []struct{}
				}
			} `json:"_aws"`
		}
		if json.Unmarshal(line, &put) != nil {
			continue // no JSON, so no metrics
		}
		for _, directive := range put.AWS.CloudWatchMetrics {
			if len(directive.Dimensions) > 0 && len(directive.Dimensions[0]) > 0 {
				each += len(directive.Metrics)
			} else {
				all += len(directive.Metrics)
			}
		}
	}
	return each, all
}
