package lab

import (
	"reflect"
	"sync"
	"testing"
)

// TestWorldsShareNothing: worlds that run side by side tell the story that each
// tells alone. With the race detector it also shows that they share no memory
// that anybody writes.
func TestWorldsShareNothing(t *testing.T) {
	scenario, _ := Find("long-application-deployments")
	play := func(seed uint64) Report {
		setup := scenario.Setup
		setup.Seed = seed
		result, err := scenario.Play(setup, nil)
		if err != nil {
			t.Error(err)
			return Report{}
		}
		return result.Report(scenario.Name)
	}
	const worlds = 8
	var alone, together [worlds]Report
	for seed := range alone {
		alone[seed] = play(uint64(seed))
	}
	var all sync.WaitGroup
	for seed := range together {
		all.Go(func() { together[seed] = play(uint64(seed)) })
	}
	all.Wait()
	for seed := range alone {
		if !reflect.DeepEqual(alone[seed], together[seed]) {
			t.Errorf("seed %d: alone %+v, beside others %+v", seed, alone[seed], together[seed])
		}
	}
}
