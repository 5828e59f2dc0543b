package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// VerifyKey signs requests with the new key until STS accepts it reliably, and
// checks whose key it is. IAM takes seconds to make a new key known everywhere,
// and a key that has worked once may be refused once more.
type VerifyKey struct {
	Guard
	Staging    StagingReader
	Identities Identities
}

const (
	proofs        = 3               // successes in a row
	betweenProofs = 3 * time.Second // from one to the next
	verifyWithin  = 3 * time.Minute // then the key counts as unusable
)

// Run returns once the new key has worked three times in a row.
func (s VerifyKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	record, _, err := s.own(ctx, call)
	if err != nil {
		return doc, err
	}
	identity, err := s.verify(ctx, record, doc.Settings)
	if err != nil {
		return doc, record.explain(err)
	}
	doc.Identity = identity.ARN
	return doc, nil
}

func (s VerifyKey) verify(ctx context.Context, record Record, user target.Target) (Identity, error) {
	secret, err := s.Staging.Get(ctx, record.NewKey)
	if errors.Is(err, ErrNotStaged) {
		return Identity{},
			fault.Errorf(fault.StagedSecretLost, "The secret of the new key %s is not staged any more", record.NewKey)
	}
	if err != nil {
		return Identity{}, err
	}
	end := s.Clock.Now().Add(verifyWithin)
	for worked := 0; s.Clock.Now().Before(end); {
		identity, err := s.Identities.CallerIdentity(ctx, record.NewKey, secret)
		switch {
		case errors.Is(err, ErrKeyRefused):
			worked = 0
		case err != nil:
			return Identity{}, err
		default:
			if err := identity.requireUser(user); err != nil {
				return Identity{}, err
			}
			worked++
		}
		if worked == proofs {
			return identity, nil
		}
		if err := s.Clock.Sleep(ctx, betweenProofs); err != nil {
			return Identity{}, err
		}
	}
	code := fault.NewKeyUnusable
	if record.begun(Update) {
		code = fault.NewKeyUnusableAfterUpdate
	}
	return Identity{},
		fault.Errorf(code, "STS has refused the new key %s for %s", record.NewKey, target.Duration(verifyWithin))
}

// requireUser makes sure that the key is the target's user's.
func (i Identity) requireUser(target target.Target) error {
	user := fmt.Sprintf(":iam::%s:user%s%s", i.Account, target.IAMUserPath, target.IAMUserName)
	if len(i.ARN) < len(user) || i.ARN[len(i.ARN)-len(user):] != user || target.Account != "" &&
		i.Account != target.Account {
		return fault.Errorf(fault.WrongIdentity, "STS says that the new key belongs to %s, which is not the IAM user %s%s",
			i.ARN,
			target.IAMUserPath, target.IAMUserName)
	}
	return nil
}
