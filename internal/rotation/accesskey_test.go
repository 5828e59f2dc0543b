package rotation

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParseKeyID(t *testing.T) {
	for text, why := range map[string]string{
		"":                       "", // no key
		"AKIAIOSFODNN7EXAMPLE":   "",
		"022QF06E7MXBSH9DHM02":   "", // from before they began so
		"SCWABCDEFGHIJKLMNOPQ":   "", // another cloud's is like no key's of AWS
		strings.Repeat("A", 16):  "",
		strings.Repeat("A", 128): "",

		strings.Repeat("A", 15):                    "it has 15 characters",
		strings.Repeat("A", 129):                   "it has 129 characters",
		"AKIA************7EXA":                     "an asterisk",
		"akiaiosfodnn7example":                     "a small letter",
		" AKIAIOSFODNN7EXAMPLE":                    "a space",
		"AKIAIOSFODNN7EXAMPLE ":                    "a space",
		"AKIAIOSFODNN7EXAMPLE\n":                   "another character",
		"AKIAIOSFODNN7EXAMPLÉ":                     "another character",
		"AKIAXXXXXXXXXXXX7EXA":                     "masked",
		"XXXXXXXXXXXXXXXXXXXX":                     "masked",
		"0000000000000000":                         "masked",
		"ASIAIOSFODNN7EXAMPLE":                     "another kind",
		"AIDAIOSFODNN7EXAMPLE":                     "another kind",
		"AROAIOSFODNN7EXAMPLE":                     "another kind",
		"****MPLE":                                 "an asterisk",
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "a small letter",
	} {
		id, err := ParseKeyID(text)
		var read KeyID
		quoted, _ := json.Marshal(text)
		decoded := json.Unmarshal(quoted, &read)
		switch {
		case why == "" && (err != nil || string(id) != text || decoded != nil || read != id):
			t.Errorf("%q: %v, and in JSON %v", text, err, decoded)
		case why != "" &&
			(!errors.Is(err, ErrNoKeyID) || !strings.Contains(err.Error(), why) || !errors.Is(decoded, ErrNoKeyID) || id != "" ||
				read != ""):
			t.Errorf("%q: %v, and in JSON %v; want %q", text, err, decoded, why)
		case why != "" && len(text) > 10 && strings.Contains(err.Error(), text[:8]):
			t.Errorf("%v quotes what may be a secret", err)
		}
	}
}

// Adapters make a KeyID of what somebody else has written by ParseKeyID alone. Those
// that convert a text are of this system's own making, or show the end of one.
func TestKeyIDsAreParsed(t *testing.T) {
	converts := regexp.MustCompile(`rotation\.KeyID\(`)
	own := []string{"lab", "explorer", "notice", "rotationtest", "awsclient", "e2e", "awstest", "bench"}
	files := 0
	for _, pattern := range []string{"../*/*.go", "../*/*/*.go", "../../functions/*/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(path, "_test.go") || slices.Contains(own, filepath.Base(filepath.Dir(path))) {
				continue
			}
			if files++; converts.Match(source) {
				t.Errorf("%s converts a text into a KeyID", path)
			}
		}
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}
