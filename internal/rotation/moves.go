package rotation

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/words"
)

// Migration is what the journal knows of a migration.
type Migration struct {
	To    LocationRef     `json:"to"`              // the role credentials
	First string          `json:"first,omitempty"` // the id of the cluster that is moved before all others
	Moves map[string]Move `json:"moves,omitempty"` // by the cluster's id
	// Given are the registries and Helm repositories that are given the role last, by id.
	Given map[string]Given `json:"given,omitempty"`
	// Reported is the latest failed deployment of an environment that an execution has ended
	// with. Accepted is what that was when a person resumed the migration: failures until
	// then no longer count.
	Reported time.Time `json:"reported,omitzero"`
	Accepted time.Time `json:"accepted,omitzero"`
}

// Given is how far a registry or a Helm repository has come to the role. It is done when
// Qovery has shown it there; how it came there is noted before, once a request is answered.
type Given struct {
	LocationRef
	Mark
}

// answered: Qovery has taken the role, and hasn't shown it yet.
func (g Given) answered() bool { return g.How == Did && g.Done.IsZero() }

// Move is how far one cluster has come to the role credentials, or back. Begun is written
// before the first request that could have the effect; done when the cluster was seen
// deployed with what it points at.
type Move struct {
	Name      string      `json:"name"`
	From      LocationRef `json:"from"` // where it is pointed back; of one that stays, none
	Begun     time.Time   `json:"begun,omitzero"`
	Done      time.Time   `json:"done,omitzero"`
	BackBegun time.Time   `json:"backBegun,omitzero"`
	BackDone  time.Time   `json:"backDone,omitzero"`
	// Deploying is when it was first to be deployed with the role; zero: it never was, for
	// all deployments were refused.
	Deploying time.Time `json:"deploying,omitzero"`
	// Unanswered is when the latest request to point it was sent whose outcome isn't known.
	// The opposite is sent only when that can't take effect any more.
	Unanswered time.Time `json:"unanswered,omitzero"`
	Failed     string    `json:"failed,omitempty"` // why it is pointed back: its deployment with the role
}

// underWay: between a request to point it and the deployment that applies it, in either
// direction. Deployments of its applications may fail meanwhile.
func (m Move) underWay() bool {
	return !m.Begun.IsZero() && m.Done.IsZero() && m.BackBegun.IsZero() || m.returning()
}

// stays: someone had pointed it at the role. It is deployed, and never pointed back.
func (m Move) stays() bool { return !m.Begun.IsZero() && m.From.ID == "" }

func (m Move) returning() bool { return !m.BackBegun.IsZero() && m.BackDone.IsZero() }
func (m Move) returned() bool  { return !m.BackDone.IsZero() }

// moved: it is deployed with the role, and stays so.
func (m Move) moved() bool { return !m.Done.IsZero() && m.BackBegun.IsZero() }

// move is what the journal knows of a cluster's move.
func (r *Record) move(id string) Move {
	if r.Migration == nil {
		return Move{}
	}
	return r.Migration.Moves[id]
}

// movesFrom: the credentials hold the key, or held it when the migration began: clusters that
// point at them may run with it still.
func (r *Record) movesFrom(l Location) bool {
	return l.Kind == AWSCredentials && (l.Key == r.OldKey || r.rotates(l.LocationRef) && l.ID != r.Migration.To.ID)
}

// setGiven changes what the journal knows of registries.
func (r *Record) setGiven(changed ...Given) {
	if r.Migration.Given == nil {
		r.Migration.Given = map[string]Given{}
	}
	for _, g := range changed {
		r.Migration.Given[g.ID] = g
	}
}

// setMove changes it.
func (r *Record) setMove(id string, m Move) {
	if r.Migration.Moves == nil {
		r.Migration.Moves = map[string]Move{}
	}
	r.Migration.Moves[id] = m
}

// movesThat are the names of the clusters whose move is so, in order.
func (r *Record) movesThat(are func(Move) bool) (names []string) {
	if r == nil || r.Migration == nil {
		return nil
	}
	for _, m := range r.Migration.Moves {
		if are(m) {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// UnderWay are the clusters that wait for the deployment which makes their pointing
// complete: a migration that stops there is urgent.
func (r *Record) UnderWay() []string { return r.movesThat(Move.underWay) }

// Moved are the clusters that are deployed with the role.
func (r *Record) Moved() []string { return r.movesThat(Move.moved) }

// MovedInPlace says which cluster is where.
func (r *Record) MovedInPlace() string {
	text := "no cluster is moved"
	if moved := r.Moved(); len(moved) > 0 {
		text = "deployed with " + r.Migration.To.Name + ": " + words.List(moved, mostListed)
	}
	if under := r.UnderWay(); len(under) > 0 {
		text += "; pointed at other credentials, and not seen deployed with them yet: " + words.List(under, mostListed)
	}
	if back := r.movesThat(Move.returned); len(back) > 0 {
		text += "; back at the credentials they had: " + words.List(back, mostListed)
	}
	if given := r.given(); len(given) > 0 {
		text += "; given the role for good: " + words.List(given, mostListed)
	}
	return text
}

// given are the registries and Helm repositories that have, or may have, the role.
func (r *Record) given() (names []string) {
	for _, g := range r.Migration.Given {
		name := g.String()
		if g.Done.IsZero() {
			name += " (perhaps)"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
