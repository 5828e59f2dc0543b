package simulator_test

import (
	"testing"

	"qovery-key-rotation/internal/simulator"
)

// BenchmarkRotation is a whole rotation: a new world, the shipped definition and
// steps, the Qovery client over HTTP without a socket, and the judgement.
func BenchmarkRotation(b *testing.B) {
	for _, name := range []string{"plain", "long-application-deployments", "forty-clusters"} {
		b.Run(name, func(b *testing.B) {
			scenario, _ := simulator.Find(name)
			b.ReportAllocs()
			for seed := uint64(1); b.Loop(); seed++ {
				setup := scenario.Setup
				setup.Seed = seed
				result, err := scenario.Play(setup, nil)
				if err != nil {
					b.Fatal(err)
				}
				if report := result.Report(name); !report.Good() {
					b.Fatalf("seed %d: %+v", seed, report)
				}
			}
		})
	}
}
