package lab

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// RefuseByHand is a person forbidding a key everything (a service control policy,
// say): AWS refuses it, and IAM lists it as it did before. AllowByHand ends that.
func (i *IAM) RefuseByHand(id rotation.KeyID) { i.keys[id].usableAt = endOfTime }

// AllowByHand is a person allowing again what RefuseByHand forbade.
func (i *IAM) AllowByHand(id rotation.KeyID) { i.keys[id].usableAt = i.now() }

var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Answer is a key with its secret, as whoever created it has kept it.
func (i *IAM) Answer(id rotation.KeyID) rotation.NewAccessKey { return i.keys[id].answer() }

// PutByHand is a person putting a key into every location, as the key's answer
// was kept, and deploying every cluster that runs.
func (w *World) PutByHand(id rotation.KeyID) {
	for _, location := range w.Qovery.Locations() {
		if w.Qovery.KeyOf(location) == "" {
			continue // it is on another cloud
		}
		w.Qovery.SetKey(location, fakeKey(w.IAM.Answer(id)))
	}
	for _, cluster := range w.Clusters {
		if w.Qovery.Status(cluster) != "STOPPED" {
			w.Qovery.Deploy(cluster)
		}
	}
}

// ReleaseByHand is a person running 'rotate release' once all is in order.
func (w *World) ReleaseByHand() error {
	preflight := w.functions["preflight"].(rotation.Preflight)
	release := rotation.Release{
		Guard: preflight.Guard, Targets: w.SSM, Keys: w.IAM, Qovery: preflight.Qovery, Executions: w.Executions,
	}
	_, _, err := release.Run(context.Background(), w.Target.Name)
	return err
}

// nameLeaked is a person naming a key that leaked. One that the open rotation does not
// know is Preflight's to refuse.
func (w *World) nameLeaked(id rotation.KeyID, how target.How) error {
	preflight := w.functions["preflight"].(rotation.Preflight)
	_, err := preflight.NameLeaked(context.Background(), UserName, id, how)
	if fault.HasCode(err, fault.InvalidInput) {
		return nil
	}
	return err
}

// Step is the step that a function runs, for calls that no execution makes.
func (w *World) Step(function string) rotation.Step { return w.functions[function] }
