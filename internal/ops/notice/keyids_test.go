package notice

import "testing"

// An id is written out where only one that is known ends so.
func TestWhole(t *testing.T) {
	known := KeyIDs{keyO, keyN, keyO, "AKIAOTHERKEYWITHNEW2", ""}
	for end, want := range map[string]string{"****OLD1": string(keyO), "****NEW2": "****NEW2", "****ELS3": "****ELS3",
		"": "", string(keyX): string(keyX)} {
		if got := known.Whole(end); got != want {
			t.Errorf("%q: %q, want %q", end, got, want)
		}
	}
}
