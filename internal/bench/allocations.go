package main

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"

	"qovery-key-rotation/internal/simulator"
)

const (
	profiled = 30 // rotations whose every allocation is noted
	shown    = 8  // packages
)

// allocationRows tell which packages allocate the most in a simulated rotation.
func allocationRows() ([]row, error) {
	before := allocated()
	rate := runtime.MemProfileRate
	runtime.MemProfileRate = 1
	defer func() { runtime.MemProfileRate = rate }()
	for seed := range uint64(profiled) {
		if _, err := simulate(simulator.Setup{Seed: seed + 1}); err != nil {
			return nil, err
		}
	}
	after := allocated()
	var whole int64
	for name := range after {
		after[name] -= before[name]
		whole += after[name]
	}
	largest := slices.SortedFunc(maps.Keys(after), func(a, b string) int { return cmp.Compare(after[b], after[a]) })
	var rows []row
	for _, name := range largest[:min(len(largest), shown)] {
		rows = append(rows, row{
			what: "  " + name, measured: megabytes(after[name] / profiled), against: "all that it allocates",
			ratio: float64(after[name]) / float64(whole), noGoal: true,
		})
	}
	return rows, nil
}

// allocated is what has been allocated since the program's start, by package, as
// far as it was noted.
func allocated() map[string]int64 {
	for range 2 {
		runtime.GC() // the profile is as old as the last collection but one
	}
	n, _ := runtime.MemProfile(nil, true)
	records := make([]runtime.MemProfileRecord, n+100)
	n, complete := runtime.MemProfile(records, true)
	if !complete {
		panic(fmt.Sprintf("%d records grew by over 100 while nothing ran", n))
	}
	sums := map[string]int64{}
	for _, record := range records[:n] {
		sums[allocator(record.Stack())] += record.AllocBytes
	}
	return sums
}

// allocator is the package that allocated: the innermost that is not the runtime.
func allocator(stack []uintptr) string {
	frames := runtime.CallersFrames(stack)
	for {
		frame, more := frames.Next()
		if name := packageOf(frame.Function); name != "runtime" || !more {
			return name
		}
	}
}

// packageOf is the package of a function: "net/http" of "net/http.(*Client).do".
func packageOf(function string) string {
	folder, name := path.Split(function)
	name, _, _ = strings.Cut(name, ".")
	return strings.TrimPrefix(folder+name, "qovery-key-rotation/")
}
