package rotation

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

func TestHolders(t *testing.T) {
	held := []Location{credentials(keyO), registry(keyN), elsewhere(keyO), {}}
	for _, test := range []struct {
		name string
		id   KeyID
		want []Location
	}{
		{"those handled elsewhere count too", keyO, []Location{credentials(keyO), elsewhere(keyO)}},
		{"one", keyN, []Location{registry(keyN)}},
		{"none", keyX, nil},
		{"no key is held by no location, not by the empty ones", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) { wantLocations(t, holders(held, test.id), test.want...) })
	}
}

func TestRotated(t *testing.T) {
	held := []Location{credentials(keyO), elsewhere(keyO), registry(keyO)}
	for _, test := range []struct {
		name   string
		byHand []string
		want   []Location
	}{
		{"none is handled elsewhere", nil, held},
		{"one is", []string{elsewhereID}, []Location{credentials(keyO), registry(keyO)}},
		{"an id in capitals means the same location", []string{strings.ToUpper(elsewhereID)},
			[]Location{credentials(keyO), registry(keyO)}},
		{"a location that does not exist is", []string{"gone"}, held},
	} {
		t.Run(test.name, func(t *testing.T) { wantLocations(t, rotated(held, test.byHand), test.want...) })
	}
	if len(held) != 3 || held[1].ID != elsewhereID {
		t.Errorf("the list that was passed has changed: %v", held)
	}
}

func TestStrangers(t *testing.T) {
	other := Location{LocationRef: LocationRef{HelmRepository, "charts", "charts"}, Key: keyX}
	sameID := Location{LocationRef: LocationRef{HelmRepository, credentials("").ID, "charts"}, Key: keyX}
	for _, test := range []struct {
		name string
		r    *Record
		held []Location
		want []Location
	}{
		{"the old key", record(), []Location{credentials(keyO)}, nil},
		{"the new key", record(made(day)), []Location{credentials(keyO), registry(keyN)}, nil},
		{"the new key, before there is one", record(), []Location{registry(keyN)}, []Location{registry(keyN)}},
		{"another key", record(made(day)), []Location{credentials(keyX), registry(keyN)}, []Location{credentials(keyX)}},
		{"no key, and there is no new one", record(), []Location{credentials("")}, []Location{credentials("")}},
		{"no key any more", record(made(day)), []Location{credentials("")}, []Location{credentials("")}},
		{"a location that is gone", record(made(day)), nil, nil},
		{"a location that the record does not rotate", record(made(day)), []Location{other, elsewhere(keyX)}, nil},
		{"another kind of location with the same id", record(made(day)), []Location{sameID}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantLocations(t, test.r.foreignLocations(test.held), test.want...)
			err := test.r.requireFamiliar(test.held)
			if len(test.want) == 0 {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, fault.UnexpectedAccessKey)
			wantText(t, err.Error(), test.want[0].ID, "****OLD1", "rotate release")
		})
	}
}

func TestRequireNotHeld(t *testing.T) {
	held := []Location{credentials(keyN), elsewhere(keyO)}
	wantCode(t, requireNotHeld(held, keyX, fault.OldKeyHeld, "old"), "")
	err := requireNotHeld(held, keyO, fault.OldKeyHeld, "old")
	wantCode(t, err, fault.OldKeyHeld) // rule 2 knows no exceptions
	wantText(t, err.Error(), "by hand", elsewhereID, "The old key ****OLD1")
}

func TestRequireNewKey(t *testing.T) {
	for _, test := range []struct {
		name string
		r    *Record
		keys []AccessKey
		want fault.Code
	}{
		{"there and Active", record(made(day)), []AccessKey{active(keyO), active(keyN)}, ""},
		{"there, Active and young", record(made(0)), []AccessKey{active(keyN)}, ""},
		{"Inactive", record(made(day)), []AccessKey{inactive(keyN)}, fault.NewKeyInactive},
		{"Inactive and young", record(made(0)), []AccessKey{inactive(keyN)}, fault.NewKeyInactive},
		{"not listed, and young", record(made(10*time.Minute - ms)), []AccessKey{active(keyO)}, fault.IAMSettling},
		{"not listed, created ten minutes ago", record(made(10 * time.Minute)), []AccessKey{active(keyO)}, fault.NewKeyLost},
		{"not listed, begun a moment ago and not done", record(begunNew(time.Second)), nil, fault.IAMSettling},
		{"not named", record(), []AccessKey{active(keyO), active("")}, fault.NewKeyLost},
	} {
		t.Run(test.name, func(t *testing.T) { wantCode(t, test.r.requireNewKey(test.keys, noon), test.want) })
	}
}

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
			if got := keyIDs(test.r.further(all)); !slices.Equal(got, test.want) {
				t.Errorf("further keys: %v, want %v", got, test.want)
			}
		})
	}
	if len(keyIDs(all)) != 3 || all[0].ID != keyO {
		t.Errorf("the list that was passed has changed: %v", all)
	}
}

func TestRequireSettled(t *testing.T) {
	for _, test := range []struct {
		name string
		r    *Record
		want fault.Code
	}{
		{"no attempt", record(), ""},
		{"a moment ago", record(attempted(0)), fault.IAMSettling},
		{"just under ten minutes ago", record(attempted(10*time.Minute - ms)), fault.IAMSettling},
		{"ten minutes ago", record(attempted(10 * time.Minute)), ""},
		{"the latest counts", record(attempted(time.Hour), attempted(time.Minute)), fault.IAMSettling},
		{"the latest counts, whatever the order", record(attempted(time.Minute), attempted(time.Hour)), fault.IAMSettling},
		{"by a clock that is ahead", record(attempted(-time.Minute)), fault.IAMSettling},
	} {
		t.Run(test.name, func(t *testing.T) { wantCode(t, test.r.requireSettled(noon), test.want) })
	}
	wantText(t, record(attempted(time.Minute)).requireSettled(noon).Error(), "sent at 11:59:00", "until 12:09:00")
}

func TestRecently(t *testing.T) {
	for _, test := range []struct {
		name string
		r    *Record
		want bool
	}{
		{"never", record(), false},
		{"another effect", record(done(Deactivate, time.Second)), false},
		{"begun", record(begun(Reactivate, 10*time.Minute-ms)), true},
		{"begun ten minutes ago", record(begun(Reactivate, 10*time.Minute)), false},
		{"begun long ago, done lately", record(func(r *Record) {
			r.Marks[Reactivate] = Mark{Begun: ago(time.Hour), Done: ago(time.Minute)}
		}), true},
		{"done long ago, begun once more", record(func(r *Record) {
			r.Marks[Reactivate] = Mark{Begun: ago(time.Minute), Done: ago(time.Hour)}
		}), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.r.recently(Reactivate, noon); got != test.want {
				t.Errorf("recently: %v, want %v", got, test.want)
			}
		})
	}
}

// Rule 9: from the moment that a deactivation may have been sent, until a
// reactivation was seen to have worked.
func TestDeactivatedByUs(t *testing.T) {
	for _, test := range []struct {
		name string
		r    *Record
		want bool
	}{
		{"never", record(made(day), done(Update, day)), false},
		{"begun", record(begun(Deactivate, day)), true},
		{"done", record(done(Deactivate, day)), true},
		{"being brought back", record(done(Deactivate, day), begun(Reactivate, time.Hour)), true},
		{"brought back", record(done(Reactivate, time.Hour)), false},
		{"brought back, and deactivated once more", record(done(Reactivate, day), begun(Deactivate, time.Hour)), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.r.deactivatedByUs(); got != test.want {
				t.Errorf("deactivated by us: %v, want %v", got, test.want)
			}
		})
	}
}

func TestRequireOldKeyInactive(t *testing.T) {
	for _, test := range []struct {
		name string
		r    *Record
		key  AccessKey
		want fault.Code
	}{
		{"Inactive", record(done(Deactivate, day)), inactive(keyO), ""},
		{"gone", record(done(Deactivate, day)), AccessKey{}, ""},
		{"still listed as Active", record(done(Deactivate, time.Minute)), active(keyO), fault.IAMSettling},
		{"Active again", record(done(Deactivate, 10*time.Minute)), active(keyO), fault.OldKeyActive},
	} {
		t.Run(test.name, func(t *testing.T) { wantCode(t, test.r.requireOldKeyInactive(test.key, noon), test.want) })
	}
}

func TestEnumerate(t *testing.T) {
	for _, test := range []struct{ list, want string }{
		{"", ""},
		{"a", "a"},
		{"a b c d e", "a, b, c, d, e"},
		{"a b c d e f", "a, b, c, d, e and 1 more"},
		{"a b c d e f g h", "a, b, c, d, e and 3 more"},
	} {
		if got := enumerate(strings.Fields(test.list)); got != test.want {
			t.Errorf("enumerate(%s) = %q, want %q", test.list, got, test.want)
		}
	}
	if got, want := names([]Location{credentials(keyO), registry(keyO)}),
		`AWS credentials "prod" (credentials), container registry "images" (registry)`; got != want {
		t.Errorf("names: %s, want %s", got, want)
	}
}

func wantLocations(t *testing.T, got []Location, want ...Location) {
	t.Helper()
	same := func(a, b Location) bool { return a.LocationRef == b.LocationRef && a.Key == b.Key }
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("got %v, want %v", got, want)
	}
}
