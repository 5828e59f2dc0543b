package rotation

import (
	"slices"
	"strings"
	"testing"

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
	wantCode(t, requireNotHeld(held, keyX, fault.OldKeyHeld, "old key "+keyO.Text()), "")
	err := requireNotHeld(held, keyO, fault.OldKeyHeld, "old key "+keyO.Text())
	wantCode(t, err, fault.OldKeyHeld) // rule 2 knows no exceptions
	wantText(t, err.Error(), "by hand", elsewhereID, "The old key ****OLD1")
}

func TestNames(t *testing.T) {
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

// What a person is to change is found where Qovery's console has it: the registry of a
// cluster, its DNS provider and its secret managers on pages of that cluster's settings.
// https://github.com/Qovery/console, apps/console/src/routes, commits 3a97e9803 and ce81af1e5
func TestWhereToChange(t *testing.T) {
	for want, location := range map[string]Location{
		`the organization's settings, "Container registries"`: {LocationRef: LocationRef{Kind: ContainerRegistry}},
		`the cluster's settings, "Mirroring registry"`: {LocationRef: LocationRef{Kind: ContainerRegistry},
			Clusters: []string{"c1"}},
		`the organization's settings, "Helm repositories"`: {LocationRef: LocationRef{Kind: HelmRepository}},
		`the cluster's settings, "DNS provider"`: {LocationRef: LocationRef{Kind: DNSProvider},
			Clusters: []string{"c1"}},
		`the cluster's settings, "Add-ons"`: {LocationRef: LocationRef{Kind: SecretManager}, Clusters: []string{"c1"}},
	} {
		refusal := checkLocations([]Location{location}, keyO)
		if refusal.Code != fault.UnmanagedLocations || !strings.Contains(refusal.Error(), "to be changed in "+want) {
			t.Errorf("%v, want %s", refusal, want)
		}
	}
}
