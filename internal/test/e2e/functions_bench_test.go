//go:build !integration

package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/test/awstest"
)

// BenchmarkStart is the time from the start of a function's process to its first
// request for work, in turns with that of the bare function, which does nothing;
// and the size of both. The times are medians.
func BenchmarkStart(b *testing.B) {
	programs := build(b, "./testdata/bare")
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		b.Run(name, func(b *testing.B) {
			var own, bare []time.Duration
			for b.Loop() {
				own = append(own, start(b, name, filepath.Join(programs, name)))
				bare = append(bare, start(b, name, filepath.Join(programs, "bare")))
			}
			b.ReportMetric(0, "ns/op") // which would be of both together
			b.ReportMetric(float64(median(own)), "ns/start")
			b.ReportMetric(float64(median(bare)), "ns/bare")
			b.ReportMetric(size(b, filepath.Join(programs, name)), "bytes")
			b.ReportMetric(size(b, filepath.Join(programs, "bare")), "bare-bytes")
		})
	}
}

func start(b *testing.B, name, program string) time.Duration {
	began := time.Now()
	f := awstest.StartFunction(b, environment(name, "http://127.0.0.1:1"), program)
	f.Asked(b)
	took := time.Since(began)
	f.Stop()
	return took
}

func size(b *testing.B, program string) float64 {
	info, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size())
}

func median(of []time.Duration) time.Duration { return slices.Sorted(slices.Values(of))[len(of)/2] }
