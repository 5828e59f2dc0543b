package main

import (
	"context"
	"fmt"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// deployment is how long a cluster's deployment takes, unless a row says
// otherwise.
const deployment = 10 * time.Minute

// simulated is what one simulated rotation took.
type simulated struct {
	lab.Report
	invocations int
	running     time.Duration  // all invocations together, by the virtual clock
	calls       map[string]int // by site
	logged      int            // bytes
	readUnits   int            // of DynamoDB
	writeUnits  int
}

// simulate runs one rotation to its end, and insists that it went well.
func simulate(setup lab.Setup) (simulated, error) {
	scenario, _ := lab.Find("plain")
	var r simulated
	result, err := scenario.Play(setup, r.watch)
	if err != nil {
		return r, err
	}
	r.Report = result.Report(scenario.Name)
	if !r.Good() {
		return r, fmt.Errorf("a simulated rotation did not go well: %+v", r.Report)
	}
	r.calls, r.logged = result.World.Wire.Requests(), len(result.World.Logs())
	// A consistent read of up to 4 KB is one unit; the record is smaller.
	r.readUnits = r.calls["journal.Load"] + r.calls["journal.Ended"]
	return r, nil
}

func (r *simulated) watch(w *lab.World) {
	w.Journal.OnWrite(func(write lab.JournalWrite) {
		units := (len(write.Stored) + 1023) / 1024
		if write.Closed != nil {
			units *= 4 // a transaction, in which each write counts twice: a Delete and a Put
		}
		r.writeUnits += units
	})
	var began time.Time
	w.OnEvent = func(_ *lab.Run, event statemachine.Event) {
		switch event.Type {
		case statemachine.TaskScheduled:
			began = event.Time
		case statemachine.TaskSucceeded, statemachine.TaskFailed, statemachine.TaskTimedOut:
			r.invocations++
			r.running += event.Time.Sub(began)
		}
	}
}

// oneWave is a world of clusters that all are production.
func oneWave(clusters int, takes time.Duration) lab.Setup {
	return lab.Setup{Clusters: clusters, Production: clusters, DeployTime: takes}
}

// seeds are how many rotations a row looks at, each with other chances. It tells
// of the worst.
const seeds = 20

// worst is the largest of something over all seeds.
func worst[T int | time.Duration](setup lab.Setup, of func(simulated) T) (most T, err error) {
	for setup.Seed = 1; setup.Seed <= seeds; setup.Seed++ {
		r, err := simulate(setup)
		if err != nil {
			return most, err
		}
		most = max(most, of(r))
	}
	return most, nil
}

// transitionRows count state transitions, retries included.
func transitionRows(context.Context) ([]row, error) {
	var counts []int
	for _, setup := range []lab.Setup{
		oneWave(1, deployment), {Clusters: 2, Production: 1, DeployTime: deployment}, oneWave(50, deployment),
	} {
		n, err := worst(setup, func(r simulated) int { return r.Transitions })
		if err != nil {
			return nil, err
		}
		counts = append(counts, n)
	}
	one, aWave, many := counts[0], counts[1]-counts[0], counts[2]
	compared := func(what string, n, with int, of string) row {
		against := fmt.Sprintf("%s %d", of, with)
		return row{what: what, measured: fmt.Sprint(n), against: against, ratio: float64(n) / float64(with), goal: 1}
	}
	return []row{
		compared("transitions, one cluster", one, 65, "the goal's"),
		compared("  each further wave", aWave, 24, "the goal's"),
		compared("  50 clusters in a wave", many, one, "one cluster's"),
	}, nil
}

// baseline is how long after the update a cluster's deployment may start: before
// that its status, by which the deployment is told, may be a stale one.
const baseline = time.Minute

// loops are how many times a rotation of one wave waits for deployments: for
// those of the wave, and for the canary's.
const loops = 2

// lostRows compare how long a rotation takes with how long it must: by its
// deployments, its two periods, and the baseline.
func lostRows(context.Context) ([]row, error) {
	const allowed = loops*time.Minute + time.Minute
	var rows []row
	for _, takes := range []time.Duration{deployment, time.Minute} {
		beyond := func(r simulated) time.Duration { return time.Duration(r.Took) - needed(takes) }
		lost, err := worst(oneWave(1, takes), beyond)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{
			what:     "time lost, deployments of " + words.Duration(takes),
			measured: words.Duration(lost.Round(time.Second)), against: "two polls and a minute, " + words.Duration(allowed),
			ratio: float64(lost) / float64(allowed), goal: 1,
		})
	}
	return rows, nil
}

func needed(takes time.Duration) time.Duration {
	queue, target := fakeqovery.DefaultConfig(nil).QueueTime, target.Default()
	return loops*(takes+queue) + baseline + time.Duration(target.GracePeriod) + time.Duration(target.ObservationPeriod)
}

// The limits of others, and how much of Step Functions' a document should have.
const (
	payload      = statemachine.MaxDocumentBytes
	document     = 100 << 10
	qoveryAnHour = 1000
)

// limitRows compare what grows with the number of clusters with its limits. Each
// cluster has a container registry.
func limitRows(context.Context) ([]row, error) {
	var rows []row
	largest := 0
	for _, clusters := range []int{1, 50, 250} {
		r, err := simulate(lab.Setup{
			Seed: 1, Clusters: clusters, Production: (clusters + 1) / 2, Registries: true, DeployTime: deployment,
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{
			what:     "requests to Qovery, busiest hour, " + words.Count(clusters, "cluster"),
			measured: fmt.Sprintf("%d of %d", r.BusiestHour, r.QoveryRequests),
			against:  fmt.Sprintf("Qovery's limit of %d", qoveryAnHour),
			ratio:    float64(r.BusiestHour) / qoveryAnHour, goal: 1,
		})
		largest = max(largest, r.LargestDocument)
	}
	return append(rows, row{
		what: "largest document, 250 clusters", measured: fmt.Sprintf("%.1f KiB", float64(largest)/1024),
		against: fmt.Sprintf("Step Functions' %d KiB", payload>>10),
		ratio:   float64(largest) / payload, goal: float64(document) / payload,
	}), nil
}
