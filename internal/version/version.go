// Package version says which version of the project a program is.
package version

import (
	"runtime/debug"
	"time"

	"qovery-key-rotation/internal/words"
)

// What 'make release' writes into its programs: they are the same wherever they are
// built. Other builds know it from Git, if at all.
var number, commit, date string

// Info is what the build says of itself.
type Info struct {
	Release  string    `json:"release"`
	Commit   string    `json:"commit,omitempty"`
	Date     time.Time `json:"date,omitzero"`      // of the commit
	Modified bool      `json:"modified,omitempty"` // the files were not those of the commit
	Go       string    `json:"go"`
}

// unknown is what Go calls the version of a build without Git.
const unknown = "(devel)"

// Read reads what the build says.
func Read() Info {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Info{Release: unknown}
	}
	v := Info{Release: info.Main.Version, Go: info.GoVersion}
	if v.Release == "" { // as in tests
		v.Release = unknown
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.time":
			v.Date = parse(setting.Value)
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	if number != "" {
		v.Release, v.Commit, v.Date = number, commit, parse(date)
	}
	return v
}

// Known tells whether the build knows its version.
func (v Info) Known() bool { return v.Release != unknown }

// parse is the zero time where there is none.
func parse(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at.UTC()
}

// String is the version on one line.
func (v Info) String() string {
	text := "rotate " + v.Release
	if v.Commit != "" {
		text += ", commit " + v.Commit
	}
	if v.Modified {
		text += " with changes"
	}
	if !v.Date.IsZero() {
		text += ", " + words.Time(v.Date, time.DateOnly)
	}
	return text + ", " + v.Go
}
