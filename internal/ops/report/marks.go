package report

import (
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
)

// marked is a mark of the journal, and where it was read first.
type marked struct {
	rotation.Mark
	Ref Ref
}

func (m marked) done() fact { return fact{m.Done, m.Ref} }

// grace is a grace period that is over, also if what ended it was undone.
type grace struct {
	fact
	began, ended marked    // the marks of the deployments and of the deactivation
	from         time.Time // the last deployment
}

// noteMarks takes over the marks that a document has. Documents of the first
// edition have none.
func (f *facts) noteMarks(marks map[rotation.Effect]rotation.Mark, ref Ref) {
	if marks == nil {
		return
	}
	was := f.marks
	f.marks = map[rotation.Effect]marked{}
	for effect, mark := range marks {
		if f.marks[effect] = was[effect]; was[effect].Mark != mark {
			f.marks[effect] = marked{mark, ref}
		}
	}
}

// seeOldKey notes that a step saw the old key, if it did.
func (f *facts) seeOldKey(effect rotation.Effect) {
	mark := f.marks[effect]
	at := mark.FirstBegun()
	if effect == rotation.Deploy || effect == rotation.Verify {
		at = mark.Done // those look again and again, and note the last look
	}
	if mark.Saw == rotation.Active || mark.Saw == rotation.Inactive {
		f.keys[0].seen(at)
	}
}

// foundGone notes that the old key was found gone; once, whoever finds it again.
func (f *facts) foundGone(at fact, how rotation.How) {
	old := f.keys[0]
	if !old.GoneBy.IsZero() {
		return
	}
	old.GoneBy = at.At
	f.tell(at.At, old.ID, "old key "+story.FoundGone(how), &at.Ref)
}
