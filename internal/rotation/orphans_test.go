package rotation

import (
	"slices"
	"testing"
	"time"
)

// Rule 4, condition by condition.
func TestIsOrphan(t *testing.T) {
	lost := record(attempted(time.Hour))
	at := func(after time.Duration) AccessKey { return created(ago(time.Hour-after), active(keyX)) }
	knows := record(attempted(time.Hour), func(r *Record) { r.KnownKeys = append(r.KnownKeys, keyX) })
	for _, test := range []struct {
		name       string
		r          *Record
		key        AccessKey
		held, used bool
		want       bool
	}{
		{"created with the attempt", lost, at(0), false, false, true},
		{"Inactive, too", lost, AccessKey{keyX, Inactive, ago(time.Hour)}, false, false, true},
		{"held", lost, at(0), true, false, false},
		{"used", lost, at(0), false, true, false},
		{"a minute before the attempt", lost, at(-time.Minute), false, false, true},
		{"over a minute before the attempt", lost, at(-time.Minute - 1), false, false, false},
		{"ten minutes after the attempt", lost, at(10 * time.Minute), false, false, true},
		{"over ten minutes after the attempt", lost, at(10*time.Minute + 1), false, false, false},
		{"with the first of two attempts", record(attempted(time.Hour), attempted(20*time.Minute)), at(0), false, false,
			true},
		{"with the second of two attempts", record(attempted(5*time.Hour), attempted(time.Hour)), at(0), false, false, true},
		{"between two attempts", record(attempted(time.Hour), attempted(20*time.Minute)), at(30 * time.Minute), false, false,
			false},
		{"there was no attempt", record(), at(0), false, false, false},
		{"a known key", knows, at(0), false, false, false},
		{"the old key", lost, created(ago(time.Hour), active(keyO)), false, false, false},
		{"no time of creation", lost, AccessKey{ID: keyX, Status: Active}, false, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.r.isOrphan(test.key, test.held, test.used); got != test.want {
				t.Errorf("orphan: %v, want %v", got, test.want)
			}
		})
	}
}

func TestFurther(t *testing.T) {
	all := []AccessKey{active(keyO), active(keyN), inactive(keyX)}
	for _, test := range []struct {
		name string
		r    *Record
		want []KeyID
	}{
		{"all that the record does not name", record(made(day)), []KeyID{keyX}},
		{"before there is a new key", record(), []KeyID{keyN, keyX}},
		{"those that were there at the start are known", record(func(r *Record) {
			r.KnownKeys = []KeyID{keyO, keyX}
		}), []KeyID{keyN}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := IDsOf(test.r.further(all)); !slices.Equal(got, test.want) {
				t.Errorf("further keys: %v, want %v", got, test.want)
			}
		})
	}
	if len(IDsOf(all)) != 3 || all[0].ID != keyO {
		t.Errorf("the list that was passed has changed: %v", all)
	}
}
