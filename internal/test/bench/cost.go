package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"qovery-key-rotation/internal/words"
)

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

// itemRows show the parts of a bill, each in relation to the whole.
func itemRows(items []item, whole string) []row {
	var rows []row
	for _, i := range items {
		if i.usd > 0 {
			rows = append(rows, shown("  "+i.name, i.usd, whole, total(items)))
		}
	}
	return rows
}

// shown is a row without a goal, of money.
func shown(what string, usd float64, against string, others float64) row {
	return row{what: what, measured: dollars(usd), against: against, ratio: usd / others, noGoal: true}
}

func dollars(usd float64) string {
	if usd >= 0.01 {
		return fmt.Sprintf("$%.2f", usd)
	}
	return fmt.Sprintf("%.4f cents", 100*usd)
}

// Every invocation counts as a cold start, and as a trace of its own. Starting and
// calculating takes tens of milliseconds of a whole processor, of which 128 MB get
// a fourteenth; it counts as a second, and what Lambda itself logs of it as a
// kilobyte. Each is more than is charged.
const (
	coldStart   = time.Second
	lambdasLog  = 1 << 10
	hoursAMonth = 365 * 24 / 12.0
)

// lambda is the price of invocations that together ran for so long once started.
func (s stack) lambda(p prices, invocations float64, running time.Duration) float64 {
	seconds := running.Seconds() + invocations*coldStart.Seconds()
	return seconds*float64(s.memory)/1024*p.of("lambdaGBSecond") + invocations*p.of("lambdaRequest")
}

// rotation is what AWS charges for one rotation and the notice of its end.
func (s stack) rotation(p prices, r simulated) []item {
	// The secret is staged, read, and read again with the token by each step that
	// talks to Qovery.
	decrypted := r.calls["token.Read"] + r.calls["staging.Put"] + r.calls["staging.Get"]
	invocations := float64(r.invocations + 1)
	logged := float64(r.logged) + invocations*lambdasLog
	metric := 0.0
	if s.allMetrics {
		metric = p.of("customMetricMonth") / hoursAMonth
	}
	return []item{
		{"transitions", float64(r.Transitions) * p.of("transition")},
		{"Lambda", s.lambda(p, invocations, r.running)},
		{"journal", float64(r.readUnits)*p.of("dynamoRead") + float64(r.writeUnits)*p.of("dynamoWrite")},
		{"parameters", float64(r.calls["targets.Target"]) * p.of("ssmStandard")},
		{"KMS", float64(decrypted) * p.of("kmsRequest")},
		{"logs", logged / 1e9 * p.of("logsGB")},
		{"its metric, for an hour", metric},
		{"traces", (invocations + 1) * p.of("trace")},
		{"schedule and e-mail", p.of("schedule") + p.of("email")},
	}
}

// costRows compare the bill with that of a job that sleeps through a rotation.
func costRows(context.Context) ([]row, error) {
	p, err := readPrices()
	if err != nil {
		return nil, err
	}
	s, err := readStack(template)
	if err != nil {
		return nil, err
	}
	full, err := readStack(template, fullTemplate)
	if err != nil {
		return nil, err
	}
	setup := oneWave(1, deployment)
	setup.Seed = 1
	r, err := simulate(setup)
	if err != nil {
		return nil, err
	}
	return s.bill(p, r, full), nil
}

// bill is the stack's, beside that of one with everything that costs more.
func (s stack) bill(p prices, r simulated, full stack) []row {
	const goal, goalMonth = 0.003, 0.30 // dollars a rotation, and a month
	took := time.Duration(r.Took)
	items, fixed := s.rotation(p, r), s.month(p, 1)
	rotation, runner := total(items), math.Ceil(took.Minutes())*p.of("runnerMinute")
	sleeper := fmt.Sprintf("a runner for %s, %s", words.Duration(took.Round(time.Minute)), dollars(runner))
	one := shown("cost of a rotation", rotation, sleeper, runner)
	one.goal, one.noGoal = goal/runner, false
	rows := append([]row{one}, itemRows(items, "a rotation")...)
	month := shown("cost of a month, 1 target, without a rotation", total(fixed), "the goal's "+dollars(goalMonth),
		goalMonth)
	month.goal, month.noGoal = 1, false
	rows = append(append(rows, month), itemRows(fixed, "a month")...)
	rows = append(rows, shown("the same with all alarms and the dashboard", total(full.month(p, 1)), sleeper, runner))
	for _, targets := range []int{1, 10, 50} {
		rotations := float64(targets) * 365 / 90
		own, others := 12*total(s.month(p, targets))+rotations*rotation, rotations*runner
		year := "cost of a year, " + words.Count(targets, "target")
		rows = append(rows, shown(year, own, "the runner's year, "+dollars(others), others))
	}
	return rows
}
