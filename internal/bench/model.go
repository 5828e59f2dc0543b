package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// lambdaMemory is what infra/stack gives each function, in MB; the synthesized
// template is what it is checked against.
const lambdaMemory = 128

// memorySizes are the memory sizes that the model compares, in MB. With the last one a
// function has a whole processor; with less it has as much less of one.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
var memorySizes = []int{128, 256, 512, 1024, oneProcessor}

const oneProcessor = 1769

// model is what an invocation of a function takes. It waits as long with any
// memory, and calculates the longer the less of a processor comes with it.
type model struct {
	waits      time.Duration // for other services
	calculates time.Duration // on a whole processor
}

// takes is how long the invocation takes with a memory size.
func (m model) takes(memory int) time.Duration {
	slower := max(1, oneProcessor/float64(memory))
	return m.waits + time.Duration(float64(m.calculates)*slower)
}

// costs is its price with a memory size, without that of the request, in dollars.
func (m model) costs(memory int, p prices) float64 {
	return m.takes(memory).Seconds() * float64(memory) / 1024 * p.of("lambdaGBSecond")
}

// cheapestBut is the cheapest memory size other than one.
func (m model) cheapestBut(memory int, p prices) int {
	others := slices.DeleteFunc(slices.Clone(memorySizes), func(size int) bool { return size == memory })
	return slices.MinFunc(others, func(a, b int) int {
		if m.costs(a, p) < m.costs(b, p) {
			return -1
		}
		return 1
	})
}

// aCall is how long a function that no simulated rotation calls waits for each
// of its requests: the longest that one takes in the simulator.
const aCall = 80 * time.Millisecond

// modelOf is the model of a function: its CPU time to the first answer, and its
// waits in a simulated rotation.
func modelOf(function string, r simulated, typical map[string]firstAnswer) model {
	measured := typical[function]
	var waited time.Duration
	times := 0
	for _, call := range r.invocations {
		if call.function == function {
			waited += call.took
			times++
		}
	}
	if times == 0 {
		return model{waits: time.Duration(measured.calls) * aCall, calculates: measured.cpu}
	}
	return model{waits: waited / time.Duration(times), calculates: measured.cpu}
}

// memoryRows compare the memory that functions have with what they used, and its
// price with that of other sizes.
func memoryRows(typical map[string]firstAnswer) ([]section, error) {
	p, err := readPrices()
	if err != nil {
		return nil, err
	}
	r, err := simulate(oneWave(1, deployment, 1))
	if err != nil {
		return nil, err
	}
	used := section{title: "memory of a process that has given its first answer"}
	price := section{title: fmt.Sprintf("price of %d invocations, and time of one, with %d MB, against the cheapest other size of %s MB", invocations, lambdaMemory, listOf(memorySizes))}
	for _, name := range slices.Sorted(maps.Keys(typical)) {
		peak := typical[name].memory
		used.rows = append(used.rows, row{
			what: name, measured: megabytes(peak), against: fmt.Sprintf("its %d MB", lambdaMemory),
			ratio: float64(peak) / (lambdaMemory << 20), goal: 0.5,
		})
		m := modelOf(name, r, typical)
		other := m.cheapestBut(lambdaMemory, p)
		price.rows = append(price.rows, row{
			what: name, measured: m.describe(lambdaMemory, p), against: fmt.Sprintf("%d MB: %s", other, m.describe(other, p)),
			ratio: m.costs(lambdaMemory, p) / m.costs(other, p), goal: 1,
		})
	}
	return []section{used, price}, nil
}

// invocations are how many a price is told of, since one costs next to nothing.
const invocations = 1000

func (m model) describe(memory int, p prices) string {
	return fmt.Sprintf("%s, %.2f s", dollars(invocations*m.costs(memory, p)), m.takes(memory).Seconds())
}

func listOf(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
