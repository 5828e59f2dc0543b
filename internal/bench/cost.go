package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// lambdaMemory is what infra/stack gives each function, in MB; the synthesized
// template is what it is checked against.
const lambdaMemory = 128

// oneProcessor is the memory, in MB, at which a function has a whole processor;
// with less it has as much less of one.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const oneProcessor = 1769

// item is a part of a bill.
type item struct {
	name string
	usd  float64
}

func total(items []item) (sum float64) {
	for _, i := range items {
		sum += i.usd
	}
	return sum
}

func itemised(items []item) string {
	var parts []string
	for _, i := range items {
		parts = append(parts, fmt.Sprintf("%s %s", i.name, dollars(i.usd)))
	}
	return strings.Join(parts, ", ")
}

func dollars(usd float64) string {
	if usd >= 0.01 {
		return fmt.Sprintf("$%.2f", usd)
	}
	return fmt.Sprintf("%.4f cents", 100*usd)
}

// costOf is what AWS charges for one rotation. Every invocation counts as a cold
// start and as a trace of its own, which is more than is charged.
func costOf(r simulated, p prices, typical map[string]firstAnswer) []item {
	logged := 0
	for _, call := range r.invocations {
		logged += len(typical[call.function].log)
	}
	// A notice at the end, and the secret that is staged, read and read again with
	// the token by each step that talks to Qovery.
	decrypted := r.calls["token.Read"] + r.calls["staging.Put"] + r.calls["staging.Get"]
	invocations := float64(len(r.invocations) + 1)
	return []item{
		{"transitions", float64(r.Transitions) * p.of("transition")},
		{"Lambda", lambdaCost(r, p, typical, lambdaMemory) + invocations*p.of("lambdaRequest")},
		{"journal", float64(r.readUnits)*p.of("dynamoRead") + float64(r.writeUnits)*p.of("dynamoWrite")},
		{"parameters", float64(r.calls["targets.Target"]) * p.of("ssmStandard")},
		{"KMS", float64(decrypted) * p.of("kmsRequest")},
		{"logs", float64(logged) / 1e9 * p.of("logsGB")},
		{"traces", (invocations + 1) * p.of("trace")},
		{"schedule and notice", p.of("schedule") + p.of("email")},
	}
}

// lambdaCost is the duration of all invocations at a memory size. A function
// waits as long with any memory, and calculates the longer the less it has.
func lambdaCost(r simulated, p prices, typical map[string]firstAnswer, memory int) float64 {
	share := math.Min(float64(memory)/oneProcessor, 1)
	var billed float64 // GB-seconds
	for _, call := range r.invocations {
		calculates := time.Duration(float64(typical[call.function].cpu) / share)
		billed += (call.took + calculates).Seconds() * float64(memory) / 1024
	}
	return billed * p.of("lambdaGBSecond")
}

// costRows compare the bill with that of a job that sleeps through a rotation.
func costRows(typical map[string]firstAnswer) (section, error) {
	s := section{title: "cost at list prices, without free tiers"}
	p, err := readPrices()
	if err != nil {
		return s, err
	}
	r, err := simulate(oneWave(1, deployment, 1))
	if err != nil {
		return s, err
	}
	fixed, err := fixedCost(p)
	if err != nil {
		return s, err
	}
	items := costOf(r, p, typical)
	rotations, runner := total(items), math.Ceil(time.Duration(r.Took).Minutes())*p.of("runnerMinute")
	const cents, goal = 100, 0.3 // a rotation
	s.rows = []row{
		{what: "a rotation", measured: dollars(rotations), against: fmt.Sprintf("a job of %s on a runner: %s", time.Duration(r.Took), dollars(runner)),
			ratio: rotations / runner, goal: goal / cents / runner},
		{what: "a month, whatever happens", measured: dollars(total(fixed)), against: "a runner's rotation", ratio: total(fixed) / runner, noGoal: true},
	}
	for _, targets := range []float64{1, 10, 50} {
		const aYear = 365.0 / 90
		own, others := 12*total(fixed)+targets*aYear*rotations, targets*aYear*runner
		s.rows = append(s.rows, row{
			what: fmt.Sprintf("a year of %.0f targets", targets), measured: dollars(own), against: "the runner's year " + dollars(others),
			ratio: own / others, noGoal: true,
		})
	}
	larger := lambdaCost(r, p, typical, 2*lambdaMemory)
	s.rows = append(s.rows, row{
		what: fmt.Sprintf("Lambda at %d MB", lambdaMemory), measured: dollars(lambdaCost(r, p, typical, lambdaMemory)),
		against: fmt.Sprintf("at %d MB %s", 2*lambdaMemory, dollars(larger)), ratio: lambdaCost(r, p, typical, lambdaMemory) / larger, goal: 1,
	})
	s.notes = append(s.notes,
		fmt.Sprintf("Prices of %s, %s (internal/bench/prices.json).", p.Region, p.AsOf),
		"A rotation: "+itemised(items)+".", "A month: "+itemised(fixed)+".")
	return s, nil
}

// template is the synthesized stack, which a test of infra/stack keeps as it is.
const template = "infra/stack/testdata/qovery-key-rotation.template.json"

// fixedCost is what the stack costs a month by being there.
func fixedCost(p prices) ([]item, error) {
	text, err := os.ReadFile(template)
	if err != nil {
		return nil, err
	}
	var stack struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				MemorySize int
				Metrics    []struct{ MetricStat json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(text, &stack); err != nil {
		return nil, fmt.Errorf("reading %s: %w", template, err)
	}
	var alarmed, alarms, dashboards, filters, keys int
	for name, resource := range stack.Resources {
		switch resource.Type {
		case "AWS::CloudWatch::Alarm":
			alarms++
			watched := 0
			for _, metric := range resource.Properties.Metrics {
				if metric.MetricStat != nil {
					watched++
				}
			}
			alarmed += max(watched, 1)
		case "AWS::CloudWatch::Dashboard":
			dashboards++
		case "AWS::Logs::MetricFilter":
			filters++
		case "AWS::KMS::Key":
			keys++
		case "AWS::Lambda::Function":
			if resource.Properties.MemorySize != lambdaMemory {
				return nil, fmt.Errorf("%s has %d MB in %s, not %d", name, resource.Properties.MemorySize, template, lambdaMemory)
			}
		}
	}
	return []item{
		{fmt.Sprintf("%d alarms on %d metrics", alarms, alarmed), float64(alarmed) * p.of("alarmMetricMonth")},
		{fmt.Sprintf("%d dashboards", dashboards), float64(dashboards) * p.of("dashboardMonth")},
		{fmt.Sprintf("%d metrics from logs", filters), float64(filters) * p.of("customMetricMonth")},
		{fmt.Sprintf("%d keys", keys), float64(keys) * p.of("kmsKeyMonth")},
	}, nil
}
