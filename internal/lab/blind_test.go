package lab

import (
	"context"
	"slices"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// BlindTo has the steps not know of some kinds of locations (Setup.Through).
func BlindTo(kinds ...rotation.LocationKind) func(*World, *Ports) {
	return func(_ *World, p *Ports) { p.Qovery = blind{p.Qovery, kinds} }
}

// blind is a Qovery client that does not know of some kinds of locations, as
// every rotation tool is that only edits credentials. It is there to prove that
// the world sees what such a tool breaks.
type blind struct {
	rotation.Qovery
	to []rotation.LocationKind
}

func (b blind) Open(ctx context.Context, target target.Target) (rotation.Organization, error) {
	organization, err := b.Qovery.Open(ctx, target)
	return blindOrganization{organization, b.to}, err
}

type blindOrganization struct {
	rotation.Organization
	to []rotation.LocationKind
}

func (b blindOrganization) Editable(ctx context.Context) ([]rotation.Location, error) {
	return b.seen(b.Organization.Editable(ctx))
}

func (b blindOrganization) Locations(ctx context.Context) ([]rotation.Location, error) {
	return b.seen(b.Organization.Locations(ctx))
}

func (b blindOrganization) seen(locations []rotation.Location, err error) ([]rotation.Location, error) {
	return slices.DeleteFunc(locations, func(l rotation.Location) bool { return slices.Contains(b.to, l.Kind) }), err
}
