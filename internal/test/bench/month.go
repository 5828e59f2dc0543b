package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/words"
)

// The synthesized stack, and what is different in it with all alarms and the
// dashboard. Tests of infra/stack keep them as they are.
const (
	template     = "infra/stack/testdata/qovery-key-rotation.template.json"
	fullTemplate = "infra/stack/testdata/full.template.json"
)

// stack is what is deployed and has a price by being there, and what a function's
// time is priced by.
type stack struct {
	alarms, alarmed  int // alarms, and the metrics that they watch
	dashboards, keys int
	memory           int // of each function, in MB
	allMetrics       bool
}

// resource is as much of a resource in a template as its price depends on.
type resource struct {
	Type       string
	Properties struct {
		MemorySize  int
		Environment struct{ Variables map[string]any }
		Metrics     []struct{ MetricStat json.RawMessage }
	}
}

// readStack reads a template, and others whose resources take the place of its own.
func readStack(files ...string) (stack, error) {
	var s stack
	var synthesized struct{ Resources map[string]resource }
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return s, fmt.Errorf("reading the template: run 'make bench' in the repository's own folder: %w", err)
		}
		if err := json.Unmarshal(text, &synthesized); err != nil { // into the same map
			return s, fmt.Errorf("reading %s: %w", file, err)
		}
	}
	for _, r := range synthesized.Resources {
		s.add(r)
	}
	return s, nil
}

func (s *stack) add(r resource) {
	switch r.Type {
	case "AWS::CloudWatch::Alarm":
		watched := 0
		for _, metric := range r.Properties.Metrics {
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
		s.memory = max(s.memory, r.Properties.MemorySize)
		s.allMetrics = s.allMetrics || r.Properties.Environment.Variables[lambda.AllMetrics] != nil
	}
}

// An audit makes fewer requests for a target, and waits less for each.
const (
	auditRequests = 20
	auditRequest  = 80 * time.Millisecond
)

// metrics is how many the audit sends: those that every stack needs are about all
// targets together, and all are about each target, too.
func (s stack) metrics(targets int) int {
	if s.allMetrics {
		return len(audit.Metrics) * (targets + 1)
	}
	needed := slices.DeleteFunc(slices.Clone(audit.Metrics), func(m lambda.Metric) bool { return !m.Always })
	return len(needed)
}

// month is what the stack costs a month by being there, with so many targets and
// no rotation. The audit's metrics are charged for the hours in which they are
// sent, one a day. With several
// targets it counts as so many runs, and each of its requests as a write to the
// journal and one of KMS, which both is more than is charged.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html
func (s stack) month(p prices, targets int) []item {
	metrics := s.metrics(targets)
	days := hoursAMonth / 24
	runs := days * float64(targets)
	run := s.lambda(p, 1, auditRequests*auditRequest) + auditRequests*(p.of("dynamoWrite")+p.of("kmsRequest")) +
		p.of("trace") + p.of("schedule") + lambdasLog/1e9*p.of("logsGB")
	alarms := words.Count(s.alarms, "alarm") + " on " + words.Count(s.alarmed, "metric")
	return []item{
		{alarms, float64(s.alarmed) * p.of("alarmMetricMonth")},
		{words.Count(s.dashboards, "dashboard"), float64(s.dashboards) * p.of("dashboardMonth")},
		{words.Count(s.keys, "key") + " of its own", float64(s.keys) * p.of("kmsKeyMonth")},
		{"the audit's " + words.Count(metrics, "metric"), float64(metrics) * days / hoursAMonth * p.of("customMetricMonth")},
		{"the audit's runs", runs * run},
	}
}
