package lab

import (
	"context"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
)

// serviceWith are the services that scripts add, by what holds the key.
var serviceWith = map[string]fakeqovery.Service{
	"variable": {ID: "5e41ce00-0000-4000-8000-000000000001", Name: "api", Type: "APPLICATION",
		In: fakeqovery.Variable, HolderID: "7a41ab1e-0000-4000-8000-000000000001"},
	"project-variable": {ID: "5e41ce00-0000-4000-8000-000000000002", Name: "worker", Type: "CONTAINER",
		In: fakeqovery.Variable, HolderID: "7a41ab1e-0000-4000-8000-000000000002", Scope: "PROJECT"},
	"secret": {ID: "5e41ce00-0000-4000-8000-000000000003", Name: "nightly", Type: "JOB",
		In: fakeqovery.Secret, HolderID: "7a41ab1e-0000-4000-8000-000000000003"},
	"terraform": {ID: "5e41ce00-0000-4000-8000-000000000004", Name: "buckets", Type: "TERRAFORM",
		In: fakeqovery.Arguments, HolderID: "5e41ce00-0000-4000-8000-000000000004"},
	"chart": {ID: "5e41ce00-0000-4000-8000-000000000005", Name: "search", Type: "HELM",
		In: fakeqovery.Arguments, HolderID: "5e41ce00-0000-4000-8000-000000000005"},
}

// readServices reads all services as the audits of some days do, and remembers what
// they read.
func (o *Operator) readServices() error {
	ctx := context.Background()
	client, err := qovery.New(qovery.Options{
		BaseURL: "https://qovery.simulated", Transport: o.transport(), Clock: standing(o.Timeline.Now()),
		Token: func(context.Context, string) (rotation.Secret, error) { return rotation.NewSecret(o.token), nil },
	})
	if err != nil {
		return err
	}
	organization, err := client.Open(ctx, o.Target)
	if err != nil {
		return err
	}
	var readings rotation.Readings
	for range serviceWith {
		err := readings.Refresh(ctx, organization, []rotation.KeyID{o.KeyToReplace()}, 1, standing(o.Timeline.Now()))
		if err != nil {
			return err
		}
	}
	return o.Journal.Remember(rotation.ReadingsOf(o.Target.Name), readings)
}

// standing is a clock that stands still: what a person waits for doesn't take the
// world's time.
type standing time.Time

func (s standing) Now() time.Time { return time.Time(s) }

func (s standing) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }
