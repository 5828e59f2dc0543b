package notice

import (
	"cmp"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// KeyIDs are the whole ids of the keys that a reader knows. Of what steps say, and of the
// document, ids come as their last four characters.
type KeyIDs []rotation.KeyID

// Whole is the id of which this is the end. Where several end so, or none, it stays.
func (k KeyIDs) Whole(end string) string {
	var found rotation.KeyID
	for _, id := range k {
		switch {
		case id.String() != end || id == found:
		case found != "":
			return end
		default:
			found = id
		}
	}
	return cmp.Or(string(found), end)
}

// Quote is what a step says, with whole ids.
func (k KeyIDs) Quote(said words.Text) string { return k.quotable(said.With(k.Whole)) }

// KeyIDs are those that there are, or that the journal knows.
func (f Facts) KeyIDs() (ids KeyIDs) {
	records := []*rotation.Record{f.Record}
	for i := range f.History {
		records = append(records, &f.History[i].Record)
	}
	for _, record := range records {
		if record != nil {
			ids = append(ids, append(slices.Clone(record.KnownKeys), record.OldKey, record.NewKey)...)
		}
	}
	return append(ids, rotation.IDsOf(f.Keys)...).whole()
}

// whole leaves out what is no id, or only the end of one.
func (k KeyIDs) whole() KeyIDs {
	return slices.DeleteFunc(k, func(id rotation.KeyID) bool { return strings.HasPrefix(string(id), "*") || id == "" })
}

// keyIDs are those that a message may be about.
func (r *report) keyIDs() KeyIDs {
	ids := append(r.Facts.KeyIDs(), rotation.KeyID(r.Execution.Retire))
	if leaked := r.Execution.Leaked; leaked != nil {
		ids = append(ids, rotation.KeyID(leaked.Key))
	}
	return ids.whole()
}

// id is the id of which the document, or a step, has the end.
func (r *report) id(end string) rotation.KeyID { return rotation.KeyID(r.ids.Whole(end)) }

// outgoing is what sentences call the key that goes out of service.
func (r *report) outgoing() string { return r.Record.Outgoing().With(r.ids.Whole) }

// same compares ids, of which one may be nothing but an end that several have.
func same(a, b rotation.KeyID) bool {
	short := strings.HasPrefix(string(a), "*") || strings.HasPrefix(string(b), "*")
	return a == b || short && a.String() == b.String()
}
