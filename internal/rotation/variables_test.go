package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// withServices is an organization whose services each have a variable with the old key.
type withServices struct {
	OrganizationReader
	services int
	read     []string
	fails    map[string]error // by service
}

func (o *withServices) Services(context.Context) ([]Service, error) {
	var list []Service
	for n := range o.services {
		list = append(list, Service{ID: fmt.Sprintf("s-%04d", n), Kind: "JOB"})
	}
	return list, nil
}

func (o *withServices) Copies(_ context.Context, s Service, keys []KeyID) ([]Copy, error) {
	o.read = append(o.read, s.ID)
	return []Copy{{"v-" + s.ID, "the variable of " + s.ID, keys[0]}, {"secret", "the secret", ""}}, o.fails[s.ID]
}

type clockAt time.Time

func (c clockAt) Now() time.Time { return time.Time(c) }

func (clockAt) Sleep(context.Context, time.Duration) error { return nil }

// Each day a tenth is read, rounded up, and after ten days all are once.
func TestRefresh(t *testing.T) {
	o := &withServices{services: 25}
	var known Readings
	for n := range 10 {
		if err := known.Refresh(t.Context(), o, []KeyID{keyO}, 100, clockAt(ago(day*time.Duration(9-n)))); err != nil {
			t.Fatal(err)
		}
		if want := 3 * (n + 1); len(o.read) != want {
			t.Errorf("after %d days %d are read, want %d", n+1, len(o.read), want)
		}
	}
	again := o.read[25:]
	if distinct := slices.Compact(slices.Sorted(slices.Values(o.read))); len(distinct) != 25 ||
		!slices.Equal(again, o.read[:5]) {
		t.Errorf("read %q", o.read)
	}
	if len(known.Copies(keyO)) != 25 || len(known.Copies("")) != 1 || len(known.Copies(keyN)) != 0 {
		t.Errorf("found %v", known)
	}
	o.services = 2 // what is gone has nothing
	if err := known.Refresh(t.Context(), o, []KeyID{keyO}, 100, clockAt(noon)); err != nil || len(known.Services) != 2 {
		t.Errorf("%v, %v", known, err)
	}
}

// What fails stays as it was, and doesn't keep the others from being read, unless it
// passes by itself.
func TestRefreshFails(t *testing.T) {
	for _, test := range []struct {
		code fault.Code
		read int
	}{{fault.TokenRefused, 3}, {fault.MalformedAnswer, 1}, {fault.Throttled, 1}} {
		o := &withServices{services: 30, fails: map[string]error{"s-0000": fault.Errorf(test.code, "No")}}
		before := Copy{"v-before", "the variable from before", keyO}
		known := Readings{[]Reading{{"s-0000", time.Time{}, []Copy{before}}}}
		err := known.Refresh(t.Context(), o, []KeyID{keyO}, 100, clockAt(noon))
		if !fault.HasCode(err, test.code) || len(o.read) != test.read || len(known.Services) != 30 ||
			!slices.Contains(known.Copies(keyO), before) {
			t.Errorf("%s: %v, read %q", test.code, err, o.read)
		}
	}
	for services, most := range map[int]int{mostServices: 45, mostServices + 1: 0} {
		o := &withServices{services: services}
		err := new(Readings).Refresh(t.Context(), o, []KeyID{keyO}, 45, clockAt(noon))
		if len(o.read) != most || (err != nil) != (most == 0) {
			t.Errorf("of %d services %d are read, %v", services, len(o.read), err)
		}
	}
}

func TestReadingsReport(t *testing.T) {
	found := []Copy{{"v", "the variable", keyO}, {"s", "the secret", ""}, {"x", "the other's variable", keyX}}
	for want, known := range map[string]Readings{
		"no audit has read the services yet":  {},
		"no audit has read the services yet ": {[]Reading{{Service: "a"}}},
		"1 of 2 services read by the audits, the first of them 3 days ago": {[]Reading{{Service: "a"},
			{"b", ago(3 * day), nil}}},
		"the key's id is also in the variable (v); it can't be ruled out for": {[]Reading{{"b", ago(3 * day), found}}},
	} {
		got := known.report(keyO, noon)
		if !strings.HasPrefix(got, strings.TrimSpace(want)) || strings.Contains(got, "other") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A copy whose id is named is a person's to change, in whatever case the id is written.
func TestUnhandled(t *testing.T) {
	copies := []Copy{{ID: elsewhereID}, {ID: "v"}}
	left := Unhandled(copies, target.Target{HandledElsewhere: []string{strings.ToUpper(elsewhereID)}})
	if len(left) != 1 || left[0].ID != "v" || len(copies) != 2 {
		t.Errorf("%v of %v", left, copies)
	}
}
