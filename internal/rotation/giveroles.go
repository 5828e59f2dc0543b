package rotation

import (
	"cmp"
	"context"
	"errors"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// Registries and Helm repositories have copies of the key. They are given the role last,
// when every cluster is proved with it: there is no way back, for no one has the key's
// secret.

// takingRole are the locations that are given the role.
func (s *Situation) takingRole(locations []Location, elsewhere []string) []Location {
	return takingRole(locations, s.oldKey(), elsewhere)
}

func takingRole(locations []Location, old KeyID, elsewhere []string) (taking []Location) {
	for _, l := range holders(rotated(locations, elsewhere), old) {
		if l.Kind == ContainerRegistry || l.Kind == HelmRepository {
			taking = append(taking, l)
		}
	}
	return taking
}

// giveRoles gives them the role, and says whether Qovery shows it in all of them. What was
// changed is read back by the next look.
func (m *mover) giveRoles(ctx context.Context) (shown bool, err error) {
	locations, err := m.organization.Editable(ctx)
	if err != nil {
		return false, err
	}
	arn := m.byID(locations, m.Migration.To.ID).RoleARN
	if err := m.noteShown(ctx, locations, arn); err != nil {
		return false, err
	}
	var pending []Location
	taking := takingRole(locations, m.OldKey, m.doc.Settings.HandledElsewhere)
	for _, l := range taking {
		switch given := m.Migration.Given[l.ID]; {
		case !given.answered():
			pending = append(pending, l)
		case m.now().Sub(given.Begun) >= readBackWithin:
			return false, fault.Errorf(fault.UpdateFailed, "%s took the role, and after %s Qovery still does not show it there",
				names([]Location{l}), target.Duration(readBackWithin))
		}
	}
	if len(taking) == 0 {
		m.doc.ReadBack = newReadBack(m.withGiven(locations), nil, m.now())
		return true, nil
	}
	m.soon(m.now().Add(afterUpdate))
	return false, m.giveAll(ctx, pending, arn)
}

// byID is one of the locations.
func (m *mover) byID(locations []Location, id string) Location {
	for _, l := range locations {
		if l.ID == id {
			return l
		}
	}
	return Location{}
}

// withGiven are the listed ones that this migration has given the role, or found with it.
func (m *mover) withGiven(locations []Location) (given []Location) {
	for _, l := range locations {
		if g := m.Migration.Given[l.ID]; !g.Done.IsZero() && g.How != NotNeeded {
			given = append(given, l)
		}
	}
	return given
}

// noteShown notes of the ones that were to be given the role which have it, and which are
// gone or hold something else by now.
func (m *mover) noteShown(ctx context.Context, locations []Location, arn string) error {
	var shown []Given
	for _, given := range m.Migration.Given {
		now := m.byID(locations, given.ID)
		if !given.Done.IsZero() || now.Key == m.OldKey {
			continue
		}
		given.Done = m.now()
		switch {
		case now.RoleARN != arn:
			given.How = NotNeeded
		case given.How != Did: // a request of which no answer is known, or someone else
			given.How = Unclear
		}
		shown = append(shown, given)
	}
	if len(shown) == 0 {
		return nil
	}
	return m.mark(ctx, func(r *Record) { r.setGiven(shown...) })
}

// giveAll sends a request for each, as long as there is time.
func (m *mover) giveAll(ctx context.Context, pending []Location, arn string) error {
	if len(pending) == 0 {
		return nil
	}
	begun := map[string]Given{}
	do, err := m.noting(ctx, func(r *Record) {
		for _, l := range pending {
			mark := r.Migration.Given[l.ID].Mark.again(m.now(), m.sawOldKey())
			begun[l.ID] = Given{l.LocationRef, mark}
			r.setGiven(begun[l.ID])
		}
	})
	if err != nil {
		return err
	}
	var answered []Given
	for _, l := range pending {
		if m.call.Deadline.Sub(m.now()) < moveTakes {
			m.soon(m.now().Add(hurry))
			break
		}
		if err = do.giveRole(ctx, l.LocationRef, arn); err != nil {
			err = m.notGiven(l, err)
			break
		}
		given := begun[l.ID]
		given.How = Did
		answered = append(answered, given)
		m.guard.Log.InfoContext(ctx, "location given the role", "kind", string(l.Kind), "id", l.ID, "rotation", m.RotationID)
	}
	if len(answered) > 0 {
		err = cmp.Or(m.mark(ctx, func(r *Record) { r.setGiven(answered...) }), err)
	}
	return err
}

// notGiven is what a request says that failed.
func (m *mover) notGiven(l Location, err error) error {
	var refused *Refusal
	if !errors.As(err, &refused) {
		return err
	}
	return refused.of(fault.UpdateFailed, l, "given the role")
}
