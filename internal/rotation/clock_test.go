package rotation

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

func TestAhead(t *testing.T) {
	const latency = 100 * ms
	for _, test := range []struct {
		name       string
		off, takes time.Duration // the clock's, and the answer's
		least      time.Duration // of what it is to be set by
		most       time.Duration
	}{
		{"a right clock", 0, latency, 0, 0},
		{"a slow answer", 0, 40 * time.Second, 0, 0},
		{"a moment behind", -900 * ms, latency, 0, 1900 * ms},
		{"a moment ahead", 900 * ms, latency, -900 * ms, 0},
		{"30 seconds behind", -30 * time.Second, latency, 30*time.Second - latency, 31 * time.Second},
		{"5 minutes behind", -5 * time.Minute, latency, 5*time.Minute - latency, 5*time.Minute + time.Second},
		{"5 minutes ahead", 5 * time.Minute, latency, -5 * time.Minute, -5*time.Minute + time.Second + latency},
		{"5 minutes ahead, and a slow answer", 5 * time.Minute, 40 * time.Second, -5 * time.Minute, -5*time.Minute +
			41*time.Second},
	} {
		for fraction := time.Duration(0); fraction < time.Second; fraction += 100 * ms {
			asked := noon.Add(fraction)
			told := asked.Add(test.takes / 2).Truncate(time.Second)
			got := ahead(asked.Add(test.off), told, asked.Add(test.takes+test.off))
			if got < test.least || got > test.most {
				t.Errorf("%s, %s after the second: %s, want %s to %s", test.name, fraction, got, test.least, test.most)
			}
		}
	}
}

func TestWaitUntil(t *testing.T) {
	for wanted, want := range map[time.Duration]time.Duration{
		-5 * time.Minute: shortestWait, 0: shortestWait, shortestWait - 1: shortestWait, shortestWait: shortestWait,
		time.Hour: time.Hour,
	} {
		if got := waitUntil(noon.Add(wanted), noon).Sub(noon); got != want {
			t.Errorf("until %s: waits for %s, want %s", wanted, got, want)
		}
	}
}

// A toldTime is a journal of one record, by another clock.
type toldTime struct {
	Journal
	record *Record
	err    error
}

func (j toldTime) Load(context.Context, string) (*Record, error) { return j.record, j.err }

// The first answer sets the clock, and the log says by how much.
func TestLoadSetsTheClock(t *testing.T) {
	behind, unread := noon.Add(time.Hour), errors.New("unread")
	for _, test := range []struct {
		name    string
		journal toldTime
		entered time.Time
		want    time.Time
		code    fault.Code
		says    string
	}{
		{"a right clock", toldTime{record: &Record{ReadAt: noon}}, noon, noon, "", ""},
		{"a clock behind", toldTime{record: &Record{ReadAt: behind}}, noon, behind.Add(time.Second), "", "behind=1h0m1s"},
		{"a clock ahead", toldTime{record: &Record{ReadAt: ago(time.Hour)}}, ago(2 * time.Hour), ago(time.Hour - time.Second),
			"", "behind=-59m59s"},
		{"no record", toldTime{}, noon, noon, "", ""},
		{"no record, and a clock behind", toldTime{}, behind, behind, "", "behind=1h0m0s"},
		{"the state was entered later than the journal says", toldTime{record: &Record{ReadAt: noon}}, behind, behind, "",
			"behind=1h0m0s"},
		{"no state", toldTime{record: &Record{ReadAt: noon}}, time.Time{}, noon, "", ""},
		{"no time", toldTime{record: &Record{}}, noon, noon, fault.MalformedAnswer, ""},
		{"no answer", toldTime{err: unread}, noon, noon, fault.Unreachable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			g := NewGuard(&stoppedClock{noon}, slog.New(slog.NewTextHandler(io.Writer(&log), nil)), test.journal, Writers{})
			_, set, err := g.load(t.Context(), "qovery", test.entered)
			if test.code != "" {
				if err == nil || fault.AsError(err).Code != test.code {
					t.Errorf("%v, want %s", err, test.code)
				}
				return
			}
			if err != nil || !set.now().Equal(test.want) || !g.now().Equal(noon) {
				t.Errorf("it is %s, want %s, %v", set.now(), test.want, err)
			}
			if !strings.Contains(log.String(), test.says) || test.says == "" && log.Len() > 0 {
				t.Errorf("logged %q, want %q", log.String(), test.says)
			}
		})
	}
}
