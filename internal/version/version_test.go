package version

import (
	"testing"
	"time"
)

// A release says what was written into it, and not what Git would.
func TestRead(t *testing.T) {
	if v := Read(); v.Known() || v.Commit != "" || v.Go == "" {
		t.Errorf("a test's version is %+v", v)
	}
	number, commit, date = "v1.2.3", "0123abc", "2026-11-28T09:00:00+01:00"
	defer func() { number, commit, date = "", "", "" }()
	v := Read()
	if !v.Known() || v.Release != "v1.2.3" || v.Commit != "0123abc" ||
		!v.Date.Equal(time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("a release's version is %+v", v)
	}
}

func TestString(t *testing.T) {
	at := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	for want, v := range map[string]Info{
		"rotate (devel), go1.26":                                     {Release: unknown, Go: "go1.26"},
		"rotate v1.2.3, commit 0123abc, 2026-11-28, go1.26":          {"v1.2.3", "0123abc", at, false, "go1.26"},
		"rotate v0, commit 0123abc with changes, 2026-11-28, go1.26": {"v0", "0123abc", at, true, "go1.26"},
	} {
		if got := v.String(); got != want {
			t.Errorf("it is %q, not %q", got, want)
		}
	}
}
