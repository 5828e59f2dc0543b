package rotation

import (
	"context"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// The test kit: small constructors, so that a row of a table reads as a sentence.

// noon is when these tests take place.
var noon = time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

const (
	day = 24 * time.Hour
	ms  = time.Millisecond
)

// The old key, the new key, and a key that the record knows nothing of.
const (
	keyO KeyID = "AKIAOLDOLDOLDOLDOLD1"
	keyN KeyID = "AKIANEWNEWNEWNEWNEW2"
	keyX KeyID = "AKIAELSEELSEELSEELS3"
)

const (
	thisExecution  = "arn:aws:states:eu-west-3:123456789012:execution:rotation:this"
	otherExecution = "arn:aws:states:eu-west-3:123456789012:execution:rotation:other"
	elsewhereID    = "0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"
)

// active and inactive are keys of the IAM user, ninety days old.
func active(id KeyID) AccessKey   { return AccessKey{id, Active, ago(90 * day)} }
func inactive(id KeyID) AccessKey { return AccessKey{id, Inactive, ago(90 * day)} }

func created(at time.Time, key AccessKey) AccessKey { key.CreatedAt = at; return key }

// credentials, registry and elsewhere are locations that hold a key. The first
// two are those of the record; the third is changed by hand.
func credentials(holds KeyID) Location {
	return Location{LocationRef{AWSCredentials, "credentials", "prod"}, holds, "AWS", true, false, "", "", nil}
}

// byRole are credentials that hold the key and cannot be changed from here.
func byRole(holds KeyID) Location {
	return Location{LocationRef{AWSCredentials, "role", "by role"}, holds, "AWS_ROLE", false, false, "", "", nil}
}

func registry(holds KeyID) Location {
	return Location{LocationRef{ContainerRegistry, "registry", "images"}, holds, "ECR", true, false, "", "", nil}
}

func elsewhere(holds KeyID) Location {
	return Location{LocationRef{AWSCredentials, elsewhereID, "by hand"}, holds, "AWS", true, false, "", "", nil}
}

// withRoleNow is a location after a person has given it a role.
func withRoleNow(location Location) Location {
	location.Key, location.Rotatable, location.Role = "", false, true
	return location
}

func serving(location Location, clusters ...string) Location {
	location.Clusters = clusters
	return location
}

// A past is something that the journal's record tells.
type past func(*Record)

// record is an open record of another execution, which rotates the credentials
// and the registry.
func record(pasts ...past) *Record {
	r := &Record{
		IAMUser: "qovery", Target: "production", RotationID: "rotation-1", TakenAt: ago(2 * day), TouchedAt: ago(2 * day),
		Owner: otherExecution, Fence: 1, OldKey: keyO, KnownKeys: []KeyID{keyO}, Marks: map[Effect]Mark{},
		Locations: []LocationRef{credentials("").LocationRef, registry("").LocationRef},
	}
	for _, tell := range pasts {
		tell(r)
	}
	return r
}

// begun, done and made say when an effect was begun, was done, or when the new
// key was created.
func begun(e Effect, d time.Duration) past {
	return func(r *Record) { r.Marks[e] = Mark{Begun: ago(d)} }
}

func done(e Effect, d time.Duration) past {
	return func(r *Record) { r.Marks[e] = Mark{Begun: ago(d + time.Second), Done: ago(d)} }
}

func made(d time.Duration) past {
	return func(r *Record) { r.NewKey = keyN; done(Create, d)(r) }
}

// attempted is a creation whose answer was lost.
func attempted(d time.Duration) past {
	return func(r *Record) { r.Attempts = append(r.Attempts, ago(d)); begun(Create, d)(r) }
}

func mine(r *Record) { r.Owner = thisExecution }

// retiring: the record is of the old key's retirement.
// migrating is a migration of which one cluster is moved, and one not yet.
func migrating(r *Record) {
	pointedByHand(r)
	move := r.move("staging")
	move.From = LocationRef{AWSCredentials, "by-key", "by key"}
	r.setMove("staging", move)
}

func pointedByHand(r *Record) {
	unmoved(r)
	r.setMove("staging", Move{Name: "staging", Begun: ago(time.Hour), Done: ago(time.Hour)})
}

func unmoved(r *Record) {
	r.Kind, r.Migration = Migrate, &Migration{To: LocationRef{AWSCredentials, "aws-role", "by role"}}
}

func retiring(r *Record) { r.Kind, r.Locations = Retire, nil }

func touched(d time.Duration) past { return func(r *Record) { r.TouchedAt = ago(d) } }

func leased(left time.Duration) past {
	return func(r *Record) { r.Lease = Lease{"invocation", noon.Add(left)} }
}

// A stoppedClock shows one time; sleeping turns it on.
type stoppedClock struct{ now time.Time }

func (c *stoppedClock) Now() time.Time { return c.now }

func (c *stoppedClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// wantText requires parts in a text, and wantNoText refuses them.
func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in: %s", part, text)
		}
	}
}

func wantNoText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q should not stand in: %s", part, text)
		}
	}
}

// wantCode requires an error with a code, and none for "".
func wantCode(t *testing.T, err error, want fault.Code) {
	t.Helper()
	var got fault.Code
	if err != nil {
		got = fault.AsError(err).Code
	}
	if got != want {
		t.Errorf("got code %q, want %q (%v)", got, want, err)
	}
}
