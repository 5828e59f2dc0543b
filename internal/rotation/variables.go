package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Service is one that Qovery deploys. Its variables and its arguments may have a copy
// of the key's id, which a rotation doesn't change.
type Service struct {
	ID, Name string
	Kind     string // in Qovery's words: APPLICATION, TERRAFORM, ...
}

// Copy is a copy of a key's id outside the locations.
type Copy struct {
	ID   string `json:"id"`            // of the variable, or of the service whose arguments have it
	Name string `json:"name"`          // for people
	Key  KeyID  `json:"key,omitempty"` // empty: a secret named like a key's id, which Qovery doesn't show
}

// Reading is what was read of a service.
type Reading struct {
	Service string    `json:"service"` // its id
	At      time.Time `json:"at"`      // zero: not yet
	Copies  []Copy    `json:"copies,omitempty"`
}

// Readings are what the audits have read of an organization's services, and remember
// in the journal: the longest ago first.
type Readings struct {
	Services []Reading `json:"services"`
}

// ReadingsOf is the name under which the audits remember the readings of a target. No
// target's name has a slash.
func ReadingsOf(target string) string { return target + "/services" }

const (
	dailyPart    = 10   // of all services a tenth is read a day
	mostServices = 2500 // an item of the journal has room for
)

// Refresh reads a tenth of the services, those that were read longest ago, and no more
// than most. What could not be read stays as it was.
func (r *Readings) Refresh(ctx context.Context, organization OrganizationReader, keys []KeyID, most int,
	clock Clock) error {
	services, err := organization.Services(ctx)
	if err != nil {
		return err
	}
	if len(services) > mostServices {
		return target.Misconfigured("The organization has %d services, and lookInVariables is for up to %d",
			len(services), mostServices)
	}
	r.keep(services)
	var first error
	for i := range min((len(services)+dailyPart-1)/dailyPart, most) {
		reading := &r.Services[i]
		service := services[slices.IndexFunc(services, func(s Service) bool { return s.ID == reading.Service })]
		copies, err := organization.Copies(ctx, service, keys)
		switch {
		case err == nil:
			*reading = Reading{service.ID, clock.Now().UTC(), copies}
		case fault.AsError(err).Class == fault.Transient:
			return err
		case first == nil:
			first = err
		}
	}
	return first
}

// keep has one reading of each service that there is.
func (r *Readings) keep(services []Service) {
	var kept []Reading
	for _, service := range services {
		kept = append(kept, r.of(service))
	}
	slices.SortStableFunc(kept, func(a, b Reading) int { return a.At.Compare(b.At) })
	r.Services = kept
}

func (r *Readings) of(s Service) Reading {
	if i := slices.IndexFunc(r.Services, func(r Reading) bool { return r.Service == s.ID }); i >= 0 {
		return r.Services[i]
	}
	return Reading{Service: s.ID}
}

func (r *Readings) haveAll(copies []Copy) bool {
	return !slices.ContainsFunc(copies, func(c Copy) bool {
		return !slices.ContainsFunc(r.Copies(c.Key), func(found Copy) bool { return found.ID == c.ID })
	})
}

// Copies are those of the key's id, or with "" the secrets that may be one, each once.
func (r *Readings) Copies(id KeyID) []Copy {
	var all []Copy
	for _, reading := range r.Services {
		all = append(all, ofKey(reading.Copies, id)...)
	}
	slices.SortFunc(all, func(a, b Copy) int { return strings.Compare(a.ID+a.Name, b.ID+b.Name) })
	return slices.CompactFunc(all, func(a, b Copy) bool { return a.ID == b.ID })
}

func ofKey(copies []Copy, id KeyID) []Copy {
	return slices.DeleteFunc(slices.Clone(copies), func(c Copy) bool { return c.Key != id })
}

// Unhandled leaves out what a person changes by hand.
func Unhandled(copies []Copy, t target.Target) []Copy {
	return slices.DeleteFunc(slices.Clone(copies), func(c Copy) bool { return hasID(t.HandledElsewhere, c.ID) })
}

// NamesOf lists copies for a sentence.
func NamesOf(copies []Copy) string {
	var list []string
	for _, c := range copies {
		list = append(list, fmt.Sprintf("%s (%s)", c.Name, c.ID))
	}
	return words.List(list, mostListed)
}

// report is what a dry run says of the readings.
func (r *Readings) report(id KeyID, now time.Time) string {
	var said []string
	if copies := r.Copies(id); len(copies) > 0 {
		said = append(said, "the key's id is also in "+NamesOf(copies))
	}
	if secrets := r.Copies(""); len(secrets) > 0 {
		said = append(said, "it can't be ruled out for "+NamesOf(secrets))
	}
	return strings.Join(append(said, r.age(now)), "; ")
}

// age says how much was read, and how long ago.
func (r *Readings) age(now time.Time) string {
	read := slices.DeleteFunc(slices.Clone(r.Services), func(reading Reading) bool { return reading.At.IsZero() })
	if len(read) == 0 {
		return "no audit has read the services yet"
	}
	oldest := slices.MinFunc(read, func(a, b Reading) int { return a.At.Compare(b.At) })
	return fmt.Sprintf("%d of %s read by the audits, the first of them %s ago", len(read),
		words.Count(len(r.Services), "service"), words.Span(oldest.At, now))
}

// ProveServices finds out that what an audit may find in services can be read again: it
// reads one of each kind. Without lookInVariables nobody does.
func ProveServices(ctx context.Context, organization OrganizationReader, t target.Target) error {
	if !t.LookInVariables {
		return nil
	}
	services, err := organization.Services(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, service := range services {
		if seen[service.Kind] {
			continue
		}
		seen[service.Kind] = true
		if _, err := organization.Copies(ctx, service, nil); err != nil {
			return err
		}
	}
	return nil
}

// lookInVariables notes in the plan what the audits remember.
func (p Preflight) lookInVariables(ctx context.Context, doc *Document, s Situation) error {
	if !doc.Settings.LookInVariables {
		return nil
	}
	known, err := p.readings(ctx, doc.Settings.Name)
	if err == nil {
		doc.Plan.Variables = known.report(s.oldKey(), s.Now)
	}
	return err
}

// requireNoCopies is rule 2 for what the audits have found outside the locations: it
// is read again. A service that the organization no longer lists has nothing.
func (c *claim) requireNoCopies(ctx context.Context, organization OrganizationReader, t target.Target) error {
	found, err := c.guard.copies(ctx, organization, t, c.OldKey)
	if len(found) > 0 {
		return fault.Errorf(fault.OldKeyHeld, "The old key %s is still held by %s", c.OldKey, NamesOf(found))
	}
	return err
}

// copies are those of the key's id that the audits have found and that are still there.
func (g Guard) copies(ctx context.Context, organization OrganizationReader, t target.Target, id KeyID) ([]Copy, error) {
	if !t.LookInVariables {
		return nil, nil
	}
	known, err := g.readings(ctx, t.Name)
	if err != nil || len(Unhandled(known.Copies(id), t)) == 0 {
		return nil, err
	}
	services, err := organization.Services(ctx)
	if err != nil {
		return nil, err
	}
	var now Readings
	for _, service := range services {
		suspected := Unhandled(ofKey(known.of(service).Copies, id), t)
		if now.haveAll(suspected) { // one of a project is the same in each of its services
			continue
		}
		copies, err := organization.Copies(ctx, service, []KeyID{id})
		if err != nil {
			return nil, err
		}
		now.Services = append(now.Services, Reading{Copies: copies})
	}
	return Unhandled(now.Copies(id), t), nil
}
