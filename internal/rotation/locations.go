package rotation

import (
	"context"
	"fmt"
	"slices"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// holders returns the locations that hold the key, those handled elsewhere
// included (rule 2 knows no exceptions).
func holders(locations []Location, id KeyID) []Location {
	var found []Location
	for _, location := range locations {
		if id != "" && location.Key == id {
			found = append(found, location)
		}
	}
	return found
}

// rotated leaves out the locations that a person changes by hand, and those of
// kinds that this system cannot change.
func rotated(locations []Location, elsewhere []string) []Location {
	return slices.DeleteFunc(managed(locations, elsewhere), func(l Location) bool { return !l.Rotatable })
}

// managed leaves out the locations that a person changes by hand.
func managed(locations []Location, elsewhere []string) []Location {
	return slices.DeleteFunc(slices.Clone(locations), func(l Location) bool {
		return hasID(elsewhere, l.ID)
	})
}

// names lists locations for a sentence.
func names(locations []Location) string {
	var list []string
	for _, l := range locations {
		list = append(list, fmt.Sprintf("%s (%s)", l, l.ID))
	}
	return words.List(list, mostListed)
}

// holding are the locations as the subject of a sentence, with the verb.
func holding(locations []Location) string {
	if len(locations) == 1 && locations[0].Kind != AWSCredentials {
		return names(locations) + " holds"
	}
	return names(locations) + " hold"
}

// mostListed is how many things a sentence names.
const mostListed = 5

// requireNotHeld is rule 2: a key that any location holds is never deactivated
// or deleted.
func requireNotHeld(locations []Location, id KeyID, code fault.Code, called words.Text) error {
	if found := holders(locations, id); len(found) > 0 {
		return fault.Errorf(code, "The %s is still held by %s", called, names(found))
	}
	return nil
}

// requireReleased holds rule 2 for the old key against the locations listed now,
// and makes sure that nobody put a third key into one of them.
func (c *claim) requireReleased(ctx context.Context, qovery QoveryReader, target target.Target,
	list func(OrganizationReader, context.Context) ([]Location, error)) (OrganizationReader, []Location, error) {
	opened, err := qovery.Open(ctx, target)
	if err != nil {
		return nil, nil, err
	}
	organization := ofRecord{opened, &c.Record}
	locations, err := list(organization, ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := requireNotHeld(locations, c.OldKey, fault.OldKeyHeld, c.Outgoing()); err != nil {
		return nil, nil, err
	}
	return organization, locations, c.requireFamiliar(locations)
}

// foreignLocations returns the record's locations that hold neither of its two keys. A
// location that is gone, or was given a role, needs none, and is none of them.
func (r *Record) foreignLocations(locations []Location) []Location {
	return slices.DeleteFunc(r.own(locations), func(l Location) bool {
		return l.Role || l.Key == r.OldKey || r.NewKey != "" && l.Key == r.NewKey
	})
}

// own are the listed ones of the record's locations.
func (r *Record) own(locations []Location) []Location {
	return slices.DeleteFunc(slices.Clone(locations), func(l Location) bool { return !r.rotates(l.LocationRef) })
}

// moved tells whether all of the record's locations that are left were given a role.
func (r *Record) moved(locations []Location) bool {
	own := r.own(locations)
	return len(own) > 0 && len(withRole(own)) == len(own)
}

// withRole are the locations that hold a role in place of a key.
func withRole(locations []Location) []Location {
	return slices.DeleteFunc(slices.Clone(locations), func(l Location) bool { return !l.Role })
}

// ServesNone tells whether credentials that hold the key serve no cluster, and others that
// hold a role do: the clusters were moved.
func ServesNone(locations []Location, id KeyID) bool {
	serve := func(l Location) bool { return l.Kind == AWSCredentials && len(l.Clusters) > 0 }
	held := holders(locations, id)
	return len(held) > 0 && !slices.ContainsFunc(held, serve) && slices.ContainsFunc(withRole(locations), serve)
}

func (r *Record) rotates(ref LocationRef) bool {
	return slices.ContainsFunc(r.Locations, func(l LocationRef) bool { return l.Kind == ref.Kind && l.ID == ref.ID })
}

// requireFamiliar refuses to go on when somebody put another key into a location.
func (r *Record) requireFamiliar(locations []Location) error {
	if found := r.foreignLocations(locations); len(found) > 0 {
		created := words.Text("a new one")
		if r.NewKey != "" {
			created = "the new key " + r.NewKey.Text()
		}
		err := fault.Errorf(fault.UnexpectedAccessKey, "%s neither the old key %s nor %s", holding(found), r.OldKey, created)
		err.Key = found[0].Key.String()
		return err
	}
	return nil
}

// ofRecord is an organization as the steps of a rotation read it: what Editable
// returns includes the DNS providers that the record names, and no others, since each
// is a request of its own.
type ofRecord struct {
	OrganizationReader
	record *Record
}

func (o ofRecord) Editable(ctx context.Context) ([]Location, error) {
	locations, err := o.OrganizationReader.Editable(ctx)
	clusters := o.record.dnsClusters()
	if err != nil || len(clusters) == 0 {
		return locations, err
	}
	providers, err := o.DNSProviders(ctx, clusters)
	return append(locations, providers...), err
}

// dnsClusters are the ids of the clusters whose DNS providers are rotated: a DNS
// provider has its cluster's id.
func (r *Record) dnsClusters() (ids []string) {
	for _, ref := range r.Locations {
		if ref.Kind == DNSProvider {
			ids = append(ids, ref.ID)
		}
	}
	return ids
}
