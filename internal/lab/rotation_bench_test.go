package lab_test

import (
	"sync/atomic"
	"testing"

	"qovery-key-rotation/internal/lab"
)

// BenchmarkRotation is a whole rotation: a new world, the shipped definition and
// steps, the Qovery client over HTTP without a socket, and the judgement.
func BenchmarkRotation(b *testing.B) {
	for _, name := range []string{"plain", "long-application-deployments", "forty-clusters"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for seed := uint64(1); b.Loop(); seed++ {
				rotate(b, name, seed)
			}
		})
	}
}

// BenchmarkRotationParallel is what all cores do together.
func BenchmarkRotationParallel(b *testing.B) {
	var seed atomic.Uint64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			rotate(b, "plain", seed.Add(1))
		}
	})
}

func rotate(b *testing.B, name string, seed uint64) {
	scenario, _ := lab.Find(name)
	setup := scenario.Setup
	setup.Seed = seed
	result, err := scenario.Play(setup, nil)
	if err != nil {
		b.Error(err)
		return
	}
	if report := result.Report(name); !report.Good() {
		b.Errorf("seed %d: %+v", seed, report)
	}
}
