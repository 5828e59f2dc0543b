package target

import (
	"encoding/json"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

func asJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in: %s", part, text)
		}
	}
}

// wantCode requires an error with a code, and none for "".
func wantCode(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if want == "" && err != nil || want != "" && !fault.HasCode(err, want) {
		t.Errorf("got %v, want the code %q", err, want)
	}
}
