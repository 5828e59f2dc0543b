package contract

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/explorer"
)

// described is the contract, if the description is there: it is Qovery's, and not
// part of this repository.
func described(t *testing.T) *Contract {
	t.Helper()
	file := os.Getenv("QOVERY_OPENAPI")
	if file == "" {
		t.Skip("NOT TESTED: QOVERY_OPENAPI is not set. It is the path of Qovery's openapi.yaml: see docs/development.md")
	}
	contract, err := Load(file, "https://qovery.simulated")
	if err != nil {
		t.Fatal(err)
	}
	return contract
}

// Every request and answer of every scenario, and of a seeded part of the
// exploration, is as Qovery describes it.
func TestContract(t *testing.T) {
	contract := described(t)
	for _, scenario := range lab.Scenarios {
		if _, err := scenario.Play(scenario.Setup, func(w *lab.World) { w.Front = contract.Front }); err != nil {
			t.Errorf("%s: %v", scenario.Name, err)
		}
	}
	played := explored(t, contract)
	fmt.Printf("%d requests and %d answers (%d of them with a status that isn't described) of %d scenarios and %d "+
		"schedules "+
		"of the exploration: %d violations\n", contract.Requests, contract.Answers, contract.Undescribed, len(lab.Scenarios),
		played, len(contract.Violations))
	for _, what := range slices.Sorted(maps.Keys(contract.Violations)) {
		t.Errorf("%s\n%s", what, contract.Violations[what])
	}
	if contract.Answers < 1000 {
		t.Errorf("only %d answers were seen", contract.Answers)
	}
}

// explored plays random schedules of a fixed seed.
func explored(t *testing.T, contract *Contract) int {
	t.Helper()
	lens := func(w *lab.World, _ *lab.Ports) { w.Front = contract.Front }
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	summary, err := explorer.Walk(ctx, explorer.Options{Random: 100, Seed: 7, Lens: lens})
	if err != nil {
		t.Fatal(err)
	}
	return summary.Played
}

// A fake that is wrong about one name is found out, and so is one that leaves a
// member away.
func TestContractSeesWhatIsWrong(t *testing.T) {
	for name, change := range map[string][2]string{
		"a required member": {`"status":`, `"state":`},
		"an optional one":   {`"last_execution_id":`, `"lastExecutionId":`},
		"a kind of value":   {`"is_deployed":true`, `"is_deployed":"yes"`},
	} {
		contract := described(t)
		wrong := func(qovery http.Handler) http.Handler {
			return contract.Front(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorder := httptest.NewRecorder()
				qovery.ServeHTTP(recorder, r)
				w.Header().Set("Content-Type", recorder.Header().Get("Content-Type"))
				w.WriteHeader(recorder.Code)
				_, _ = w.Write(bytes.ReplaceAll(recorder.Body.Bytes(), []byte(change[0]), []byte(change[1])))
			}))
		}
		scenario, _ := lab.Find("plain")
		_, _ = scenario.Play(lab.Setup{Seed: 1, DryRun: true}, func(w *lab.World) { w.Front = wrong })
		if len(contract.Violations) == 0 {
			t.Errorf("%s: nothing was found in %d answers", name, contract.Answers)
		}
	}
}
