package target

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func TestDurationText(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{time.Second, "1s"},
		{90 * time.Second, "1m30s"},
		{10 * time.Minute, "10m"},
		{90 * time.Minute, "1h30m"},
		{100 * time.Minute, "1h40m"},
		{2 * time.Hour, "2h"},
		{20 * time.Hour, "20h"},
		{168 * time.Hour, "168h"},
		{2*time.Hour + time.Second, "2h0m1s"},
		{-2 * time.Hour, "-2h"},
		{1500 * time.Millisecond, "1.5s"},
	} {
		d := Duration(test.d)
		if got := fmt.Sprintf("%s %v", d, &d); got != test.want+" "+test.want {
			t.Errorf("%v prints as %s, want %s", test.d, got, test.want)
		}
		text := asJSON(t, d)
		if text != `"`+test.want+`"` {
			t.Errorf("%v is written as %s, want %q", test.d, text, test.want)
		}
		var back Duration
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != d {
			t.Errorf("%s came back as %s (%v)", text, back, err)
		}
	}
	for _, wrong := range []string{`""`, `"2"`, `"2 h"`, `"two hours"`, `"2d"`, `2`, `true`} {
		if err := json.Unmarshal([]byte(wrong), new(Duration)); err == nil {
			t.Errorf("%s was accepted as a duration", wrong)
		}
	}
}
