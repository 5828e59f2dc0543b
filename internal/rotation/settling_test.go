package rotation

import (
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

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
			if got := test.r.DeactivatedByUs(); got != test.want {
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
