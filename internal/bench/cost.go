package main

import (
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
		rows = append(rows, row{what: "  " + i.name, measured: dollars(i.usd), against: whole, ratio: i.usd / total(items), noGoal: true})
	}
	return rows
}

func dollars(usd float64) string {
	if usd >= 0.01 {
		return fmt.Sprintf("$%.2f", usd)
	}
	return fmt.Sprintf("%.4f cents", 100*usd)
}

// costOf is what AWS charges for one rotation and the notice of its end. Every
// invocation counts as a cold start and as a trace of its own, which is more
// than is charged.
func costOf(r simulated, p prices, typical map[string]firstAnswer) []item {
	logged := len(typical[notify].log)
	for _, call := range r.invocations {
		logged += len(typical[call.function].log)
	}
	// The secret is staged, read, and read again with the token by each step that
	// talks to Qovery.
	decrypted := r.calls["token.Read"] + r.calls["staging.Put"] + r.calls["staging.Get"]
	invocations := float64(len(r.invocations) + 1)
	return []item{
		{"transitions", float64(r.Transitions) * p.of("transition")},
		{"Lambda", lambdaCost(r, p, typical) + invocations*p.of("lambdaRequest")},
		{"journal", float64(r.readUnits)*p.of("dynamoRead") + float64(r.writeUnits)*p.of("dynamoWrite")},
		{"parameters", float64(r.calls["targets.Target"]) * p.of("ssmStandard")},
		{"KMS", float64(decrypted) * p.of("kmsRequest")},
		{"logs", float64(logged) / 1e9 * p.of("logsGB")},
		{"its metric, for an hour", p.of("customMetricMonth") / hoursAMonth},
		{"traces", (invocations + 1) * p.of("trace")},
		{"schedule and e-mail", p.of("schedule") + p.of("email")},
	}
}

const notify = "notify"

// lambdaCost is the duration of all invocations of a rotation, and of the one
// that tells of its end.
func lambdaCost(r simulated, p prices, typical map[string]firstAnswer) float64 {
	sum := modelOf(notify, r, typical).costs(lambdaMemory, p)
	for _, call := range r.invocations {
		sum += model{waits: call.took, calculates: typical[call.function].cpu}.costs(lambdaMemory, p)
	}
	return sum
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
	stack, err := readStack()
	if err != nil {
		return s, err
	}
	items, fixed := costOf(r, p, typical), stack.month(p, typical[audit], 1)
	rotation, month := total(items), total(fixed)
	runner := math.Ceil(time.Duration(r.Took).Minutes()) * p.of("runnerMinute")
	const cents, goal = 100, 0.3 // a rotation
	s.rows = append(s.rows, row{what: "a rotation", measured: dollars(rotation), against: "the runner's rotation " + dollars(runner),
		ratio: rotation / runner, goal: goal / cents / runner})
	s.rows = append(s.rows, itemRows(items, "a rotation")...)
	s.rows = append(s.rows, row{what: "a month without any, one target", measured: dollars(month), against: "the runner's rotation " + dollars(runner), ratio: month / runner, noGoal: true})
	s.rows = append(s.rows, itemRows(fixed, "a month")...)
	for _, targets := range []int{1, 10, 50} {
		const aYear = 365.0 / 90
		rotations := float64(targets) * aYear
		own, others := 12*total(stack.month(p, typical[audit], targets))+rotations*rotation, rotations*runner
		s.rows = append(s.rows, row{
			what: fmt.Sprintf("a year, %s", words.Count(targets, "target")), measured: dollars(own), against: "the runner's year " + dollars(others),
			ratio: own / others, noGoal: true,
		})
	}
	s.notes = append(s.notes,
		fmt.Sprintf("The runner is a job that sleeps through the rotation, %s at $%g a minute (a %s). It has no audit, alarms or dashboard. The goal is %g cents a rotation.",
			time.Duration(r.Took).Round(time.Minute), p.of("runnerMinute"), p.Prices["runnerMinute"].Per, goal),
		fmt.Sprintf("Prices are those of %s, %s, in internal/bench/prices.json, which says how each was checked: none of them on line.", p.Region, p.AsOf))
	return s, nil
}
