package rotation

import (
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// explain completes an error with what the journal knows to be in place.
func (r Record) explain(err error) error {
	if err == nil {
		return nil
	}
	coded := *fault.AsError(err)
	if coded.InPlace == "" {
		coded.InPlace = r.inPlace()
	}
	if coded.Class == fault.Unchanged && (r.begun(Update) || r.Kind != Rotate) {
		coded.Class = fault.Paused // from then on nothing ends as if it had not been
	}
	return coded.Of(again[r.Kind])
}

// caught is an error with which the state machine ends without a step that failed.
func (r *Record) caught(err *fault.Error) *CaughtError {
	return &CaughtError{Error: string(err.Code), Cause: fault.AsError(r.explain(err)).Said().Message()}
}

// again is what to do to have a record of the kind resumed.
var again = map[Kind]fault.Do{Rotate: fault.Start, Retire: fault.Retire, Migrate: fault.Migrate}

// inPlace says which keys there are, as far as the journal knows.
func (r *Record) inPlace() words.Text { return "According to the journal, " + r.keysInPlace() }

// named is how a key is called: with whether it leaked.
func (r *Record) named(id KeyID) words.Text {
	if r.Leaked.has(id) {
		return id.Text() + " (leaked)"
	}
	return id.Text()
}

func (r *Record) keysInPlace() words.Text {
	oldKey, newKey := r.named(r.OldKey), r.named(r.NewKey)
	switch {
	case r.Kind == Retire:
		return r.retiredInPlace()
	case r.Kind == Migrate:
		return words.Textf("%s. The key %s is untouched", r.MovedInPlace(), r.OldKey)
	case !r.oldKeyGoneBy().IsZero():
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is gone"
	case r.done(Delete):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is deleted"
	case r.begun(Delete):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Inactive or deleted"
	case r.done(Deactivate):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Inactive"
	case r.begun(Deactivate):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Active or Inactive"
	case r.done(Update) && r.done(Reactivate):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Active again"
	case r.done(Update):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is still Active"
	case r.begun(Update):
		return "some locations in Qovery may hold the new key " + newKey + " already; the old key " + oldKey +
			" is still Active"
	case r.NewKey != "":
		return "Qovery holds the old key " + oldKey + ", still Active; the new key " + newKey +
			" isn't used anywhere in Qovery"
	case len(r.Attempts) > 0:
		return "Qovery holds the old key " + oldKey + ", still Active; a new key may have been created"
	default:
		return "Qovery holds the old key " + oldKey + "; there is no new key"
	}
}

// retiredInPlace is the same of a retirement.
func (r *Record) retiredInPlace() words.Text {
	key := "the key " + r.OldKey.Text() + ", which is to be retired, is "
	switch {
	case !r.oldKeyGoneBy().IsZero():
		return key + "gone"
	case r.done(Delete):
		return key + "deleted"
	case r.begun(Delete):
		return key + "Inactive or deleted"
	case r.done(Deactivate):
		return key + "Inactive"
	case r.begun(Deactivate):
		return key + "Active or Inactive"
	case r.done(Reactivate):
		return key + "Active again"
	default:
		return key + "still Active"
	}
}
