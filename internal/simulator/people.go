package simulator

import (
	"time"

	"qovery-key-rotation/internal/rotation"
)

// RefuseByHand is a person forbidding a key everything (a service control policy,
// say): AWS refuses it, and IAM lists it as it did before. AllowByHand ends that.
func (i *IAM) RefuseByHand(id rotation.KeyID) { i.keys[id].usableAt = endOfTime }

// AllowByHand is a person allowing again what RefuseByHand forbade.
func (i *IAM) AllowByHand(id rotation.KeyID) { i.keys[id].usableAt = i.now() }

var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
