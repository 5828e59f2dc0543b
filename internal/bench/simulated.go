package main

import (
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/simulator"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// deployment is how long a cluster's deployment takes, unless a row says
// otherwise.
const deployment = 10 * time.Minute

// simulated is what one simulated rotation took.
type simulated struct {
	simulator.Report
	invocations []invocation
	calls       map[string]int // by site
	documents   int            // bytes of all inputs and outputs in the history
	readUnits   int            // of DynamoDB
	writeUnits  int
}

// invocation is one call of a function.
type invocation struct {
	function string
	state    string
	took     time.Duration // of virtual time
	requests int           // to Qovery
}

// simulate runs one rotation to its end, and insists that it went well.
func simulate(setup simulator.Setup) (simulated, error) {
	scenario := simulator.Scenario{Name: "bench", Script: func(w *simulator.World) {
		run, err := w.Start("bench", `{"target": "`+simulator.TargetName+`"}`)
		if err != nil {
			panic(err) // the input is a constant
		}
		run.Wait()
	}}
	var r simulated
	result, err := scenario.Play(setup, r.watch)
	if err != nil {
		return r, err
	}
	r.Report = result.Report(scenario.Name)
	if !r.Good() {
		return r, fmt.Errorf("a simulated rotation did not go well: %+v", r.Report)
	}
	r.calls = result.World.Wire.Requests()
	// A consistent read of up to 4 KB is one unit; the record is smaller.
	r.readUnits = r.calls["journal.Load"] + r.calls["journal.Ended"]
	return r, nil
}

func (r *simulated) watch(w *simulator.World) {
	w.Journal.OnWrite(func(write simulator.JournalWrite) {
		units := (len(write.Stored) + 1023) / 1024
		if write.Closed != nil {
			units *= 4 // a transaction, in which each write counts twice: a Delete and a Put
		}
		r.writeUnits += units
	})
	var began time.Time
	var before int
	w.OnEvent = func(_ *simulator.Run, event statemachine.Event) {
		requests, _ := w.Qovery.Requests()
		r.documents += len(event.Input) + len(event.Output)
		switch event.Type {
		case statemachine.TaskScheduled:
			began, before = event.Time, requests
		case statemachine.TaskSucceeded, statemachine.TaskFailed, statemachine.TaskTimedOut:
			r.invocations = append(r.invocations, invocation{functionOf(event.State), event.State, event.Time.Sub(began), requests - before})
		}
	}
}

// functionOf is the function that a state calls.
func functionOf(state string) string {
	s, _ := machine.State(state)
	return strings.Trim(s.FunctionName, "${}")
}

var machine = func() *statemachine.Machine {
	m, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		panic(err) // the shipped definition
	}
	return m
}()

// oneWave is a world of clusters that all are production.
func oneWave(clusters int, takes time.Duration, seed uint64) simulator.Setup {
	return simulator.Setup{Seed: seed, Clusters: clusters, Production: clusters, DeployTime: takes}
}

// seeds are how many rotations a row looks at, each with other chances. It tells
// of the worst.
const seeds = 20

// worst is the largest of something over all seeds.
func worst[T int | time.Duration](setup func(seed uint64) simulator.Setup, of func(simulated) T) (T, error) {
	var most T
	for seed := range uint64(seeds) {
		r, err := simulate(setup(seed + 1))
		if err != nil {
			return most, err
		}
		most = max(most, of(r))
	}
	return most, nil
}

// transitionRows count state transitions, retries included.
func transitionRows() (section, error) {
	s := section{title: fmt.Sprintf("state transitions, the most of %d simulated rotations with deployments of %s and canary", seeds, deployment)}
	transitions := func(r simulated) int { return r.Transitions }
	most := func(setup simulator.Setup) (int, error) {
		return worst(func(seed uint64) simulator.Setup { setup.Seed = seed; return setup }, transitions)
	}
	one, err := most(oneWave(1, deployment, 0))
	if err != nil {
		return s, err
	}
	waves, err := most(simulator.Setup{Clusters: 2, Production: 1, DeployTime: deployment})
	if err != nil {
		return s, err
	}
	two, err := most(oneWave(2, deployment, 0))
	if err != nil {
		return s, err
	}
	s.rows = []row{
		{what: "one cluster", measured: fmt.Sprint(one), against: "65", ratio: float64(one) / 65, goal: 1},
		{what: "each further wave", measured: fmt.Sprint(waves - one), against: "24", ratio: float64(waves-one) / 24, goal: 1},
		{what: "each further cluster of a wave", measured: fmt.Sprint(two - one), against: "0", ratio: float64(two - one), goal: 0},
	}
	return s, nil
}

// baseline is how long after the update a cluster's deployment may start: before
// that its status, by which the deployment is told, may be a stale one.
const baseline = time.Minute

// lostRows compare how long a rotation takes with how long it must.
func lostRows() (section, error) {
	s := section{title: fmt.Sprintf("time beyond deployments and required waits, by the virtual clock, the most of %d", seeds)}
	// Two loops deploy: the one wave, and the canary.
	const loops = 2
	allowed := loops*time.Minute + time.Minute
	for _, takes := range []time.Duration{deployment, time.Minute} {
		lost, err := worst(func(seed uint64) simulator.Setup { return oneWave(1, takes, seed) }, func(r simulated) time.Duration { return lostIn(r, takes, loops) })
		if err != nil {
			return s, err
		}
		s.rows = append(s.rows, row{
			what: fmt.Sprintf("deployments of %s", takes), measured: lost.Round(time.Second).String(), against: "two loops' polls and 60 s: " + allowed.String(),
			ratio: float64(lost) / float64(allowed), goal: 1, noGoal: takes != deployment,
		})
	}
	s.notes = append(s.notes,
		fmt.Sprintf("Required waits are the grace period, the observation period, and %s from the update to the first deployment.", baseline),
		"The first look at a deployment is five minutes after its start: a quick one waits for that, twice a rotation.")
	return s, nil
}

func lostIn(r simulated, takes time.Duration, loops int) time.Duration {
	queue := fakeqovery.DefaultConfig(nil).QueueTime
	target := rotation.DefaultTarget()
	needed := time.Duration(loops)*(takes+queue) + baseline + time.Duration(target.GracePeriod) + time.Duration(target.ObservationPeriod)
	return time.Duration(r.Took) - needed
}

// limitRows compare what grows with the number of clusters with its limits.
func limitRows() (section, error) {
	const (
		payload      = 256 << 10
		document     = 100 << 10
		qoveryAnHour = 1000
	)
	s := section{title: "limits; each cluster has a container registry"}
	first := 0
	for _, clusters := range []int{1, 50, 250} {
		r, err := simulate(simulator.Setup{Seed: 1, Clusters: clusters, Production: (clusters + 1) / 2, Registries: true, DeployTime: deployment})
		if err != nil {
			return s, err
		}
		if first == 0 {
			first = requestsAPoll(r)
		}
		name := func(what string) string { return fmt.Sprintf("%s: %s", words.Count(clusters, "cluster"), what) }
		s.rows = append(s.rows,
			row{what: name("largest document"), measured: fmt.Sprintf("%.1f KiB", float64(r.LargestDocument)/1024), against: "Step Functions' 256 KiB",
				ratio: float64(r.LargestDocument) / payload, goal: float64(document) / payload},
			row{what: name("requests a poll"), measured: fmt.Sprint(requestsAPoll(r)), against: fmt.Sprintf("%d with one cluster", first),
				ratio: float64(requestsAPoll(r)) / float64(first), goal: 1},
			row{what: name("busiest hour"), measured: fmt.Sprintf("%d requests", r.BusiestHour), against: "Qovery's 1,000 an hour",
				ratio: float64(r.BusiestHour) / qoveryAnHour, goal: 1})
	}
	return s, nil
}

// requestsAPoll is how many requests to Qovery a look at deployments makes that
// starts none: the fewest are those.
func requestsAPoll(r simulated) int {
	fewest := 0
	for _, call := range r.invocations {
		if call.state == "DeployClusters" && (fewest == 0 || call.requests < fewest) {
			fewest = call.requests
		}
	}
	return fewest
}
