package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"qovery-key-rotation/internal/simulator"
)

// simulateFor is how long rotations are simulated on end.
const simulateFor = 5 * time.Second

// speed is how fast rotations are simulated.
type speed struct {
	perSecond        float64
	cpu              time.Duration // of one rotation
	allocations, mem float64       // of one rotation
	documents        float64       // bytes in its history
}

// speedRows tell how many rotations a second can be simulated: a new world, the
// definition that is deployed, the steps that are shipped, and the judgement.
func speedRows() (section, error) {
	s := section{title: "simulated rotations a second, and what they allocate by package"}
	// As whoever simulates many would: garbage is collected less often.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	one, err := simulateOn(1)
	if err != nil {
		return s, err
	}
	cores := runtime.NumCPU()
	all, err := simulateOn(cores)
	if err != nil {
		return s, err
	}
	const goal = 1000 // on two cores
	s.rows = []row{
		{what: "one core", measured: fmt.Sprintf("%.0f", one.perSecond), against: "500, half of two cores' goal", ratio: one.perSecond / (goal / 2), noGoal: true},
		{what: fmt.Sprintf("all %d cores", cores), measured: fmt.Sprintf("%.0f", all.perSecond), against: "1,000 on two cores", ratio: all.perSecond / (goal / 2 * float64(cores)), goal: 1, atLeast: true},
		{what: "scaling", measured: fmt.Sprintf("%.0f", all.perSecond), against: "one core's rate times the cores", ratio: all.perSecond / one.perSecond / float64(cores), noGoal: true},
		{what: "CPU time of one, on one core", measured: millis(one.cpu), against: "2 ms, the goal's", ratio: one.cpu.Seconds() * goal / 2, noGoal: true},
		{what: fmt.Sprintf("CPU time of one, on %d", cores), measured: millis(all.cpu), against: "2 ms, the goal's", ratio: all.cpu.Seconds() * goal / 2, noGoal: true},
		{what: "allocated for one", measured: fmt.Sprintf("%.2f MB, %.0f pieces", one.mem/1e6, one.allocations), against: fmt.Sprintf("documents in its history %.2f MB", one.documents/1e6), ratio: one.mem / one.documents, noGoal: true},
	}
	s.notes = append(s.notes, "Other work on the machine slows the simulation down, and hardly changes a rotation's CPU time.")
	allocators, err := allocationRows()
	s.rows = append(s.rows, allocators...)
	return s, err
}

// simulateOn simulates on so many processors for a while.
func simulateOn(processors int) (speed, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	var seed, done, documents atomic.Uint64
	var failed atomic.Pointer[error]
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began, used := time.Now(), processorTime()
	var workers sync.WaitGroup
	for range processors {
		workers.Go(func() {
			for time.Since(began) < simulateFor && failed.Load() == nil {
				r, err := simulate(simulator.Setup{Seed: seed.Add(1)})
				if err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
				documents.Add(uint64(r.documents))
			}
		})
	}
	workers.Wait()
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if err := failed.Load(); err != nil {
		return speed{}, *err
	}
	n := float64(done.Load())
	return speed{
		perSecond:   n / took.Seconds(),
		cpu:         time.Duration(float64(processorTime()-used) / n),
		allocations: float64(after.Mallocs-before.Mallocs) / n,
		mem:         float64(after.TotalAlloc-before.TotalAlloc) / n,
		documents:   float64(documents.Load()) / n,
	}, nil
}

// processorTime is what this program has used, its garbage collection included.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // fails for arguments alone that are none
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// simulatedRows are what needs no process but this one.
func simulatedRows(typical map[string]firstAnswer) ([]section, error) {
	sections, err := memoryRows(typical)
	if err != nil {
		return nil, err
	}
	for _, measure := range []func() (section, error){
		transitionRows, func() (section, error) { return costRows(typical) }, lostRows, limitRows, speedRows,
	} {
		s, err := measure()
		if err != nil {
			return nil, err
		}
		sections = append(sections, s)
	}
	return sections, nil
}
