package rotation

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/target"
)

// BenchmarkDecide is the plan: a first rotation, and one that is carried on.
func BenchmarkDecide(b *testing.B) {
	situations := map[string]Situation{
		"first":     given(nil, keys(active(keyO)), allHold(keyO)),
		"carriedOn": given(record(made(2*time.Hour), done(Update, time.Hour)), bothActive, allHold(keyN)),
	}
	for name, situation := range situations {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := Decide(situation); d.Refusal != nil {
					b.Fatal(d.Refusal)
				}
			}
		})
	}
}

// BenchmarkHandle is what every invocation pays beside its calls: the document
// in, and the document out.
func BenchmarkHandle(b *testing.B) {
	for _, clusters := range []int{1, 250} {
		b.Run(fmt.Sprintf("%dclusters", clusters), func(b *testing.B) {
			call := Call{Execution: Execution{ARN: thisExecution, Name: "this",
				Input: json.RawMessage(`{"target":"production"}`), StartTime: noon}}
			call.Document.Settings = target.Default()
			for i := range clusters {
				cluster := Cluster{ID: fmt.Sprintf("c1a57e00-0000-4000-8000-%012d", i), Name: fmt.Sprintf("cluster-%d", i)}
				progress := newProgress(cluster)
				progress.posted(cluster, noon)
				call.Document.Deployment.Clusters = append(call.Document.Deployment.Clusters, progress)
			}
			event, err := json.Marshal(call)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Handle(context.Background(), handsOn{}, event, "invocation", noon.Add(time.Minute)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// handsOn is a step that does nothing.
type handsOn struct{}

func (handsOn) Run(_ context.Context, call Call) (Document, error) { return call.Document, nil }
