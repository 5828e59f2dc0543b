package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/words"
)

// template is the synthesized stack, which a test of infra/stack keeps as it is.
const template = "infra/stack/testdata/qovery-key-rotation.template.json"

// stack is what is deployed and has a price by being there, and what a function's
// time is priced by.
type stack struct {
	alarms, alarmed  int // alarms, and the metrics that they watch
	dashboards, keys int
	memory           int // of each function, in MB
}

// resource is as much of a resource in a template as its price depends on.
type resource struct {
	Type       string
	Properties struct {
		MemorySize int
		Metrics    []struct{ MetricStat json.RawMessage }
	}
}

func readStack() (stack, error) {
	var s stack
	text, err := os.ReadFile(template)
	if err != nil {
		return s, fmt.Errorf("reading the template: run 'make bench' in the repository's own folder: %w", err)
	}
	var synthesized struct{ Resources map[string]resource }
	if err := json.Unmarshal(text, &synthesized); err != nil {
		return s, fmt.Errorf("reading %s: %w", template, err)
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
	}
}

// An audit makes fewer requests for a target, and waits less for each.
const (
	auditRequests = 20
	auditRequest  = 80 * time.Millisecond
)

// month is what the stack costs a month by being there, with so many targets and
// no rotation. The audit's metrics are about each target and about all together,
// and are charged for the hours in which they are sent, one a day. With several
// targets it counts as so many runs, and each of its requests as a write to the
// journal and one of KMS, which both is more than is charged.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html
func (s stack) month(p prices, targets int) []item {
	metrics := len(audit.Metrics) * (targets + 1)
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
