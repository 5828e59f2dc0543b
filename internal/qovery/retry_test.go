package qovery

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

func at(offset time.Duration) string { return strconv.FormatInt(start.Add(offset).Unix(), 10) }

func TestReadsAreRepeated(t *testing.T) {
	const second = time.Second
	limited := func(headers ...string) func(http.ResponseWriter) { return status(429, "", headers...) }
	tests := []struct {
		name    string
		answers []func(http.ResponseWriter)
		slept   []time.Duration
		code    fault.Code
	}{
		{"an answer at once", []func(http.ResponseWriter){body(emptyList)}, nil, ""},
		{"5xx, then an answer", []func(http.ResponseWriter){status(500, ""), status(503, "<html>"), body(emptyList)},
			[]time.Duration{second, 2 * second}, ""},
		{"a lost connection, then an answer", []func(http.ResponseWriter){hangUp, body(emptyList)}, []time.Duration{second},
			""},
		{"408 and 425, then an answer", []func(http.ResponseWriter){status(408, ""), status(425, ""), body(emptyList)},
			[]time.Duration{second, 2 * second}, ""},
		{"5xx for good", []func(http.ResponseWriter){status(502, "")}, []time.Duration{second, 2 * second, 4 * second},
			fault.Unreachable},
		{"no connection for good", []func(http.ResponseWriter){hangUp}, []time.Duration{second, 2 * second, 4 * second},
			fault.Unreachable},
		{"limited without a word", []func(http.ResponseWriter){limited(), body(emptyList)}, []time.Duration{second}, ""},
		{"limited for good", []func(http.ResponseWriter){limited()}, []time.Duration{second, 2 * second, 4 * second},
			fault.Throttled},
		{"limited until soon", []func(http.ResponseWriter){limited("X-RateLimit-Reset", at(30*second)), body(emptyList)},
			[]time.Duration{31 * second}, ""},
		{"limited until the bound", []func(http.ResponseWriter){limited("X-RateLimit-Reset", at(60*second)), body(emptyList)},
			[]time.Duration{61 * second}, ""},
		{"limited for longer", []func(http.ResponseWriter){limited("X-RateLimit-Reset", at(61*second))}, nil,
			fault.Throttled},
		{"limited until a time that is past",
			[]func(http.ResponseWriter){limited("X-RateLimit-Reset", at(-second)), body(emptyList)}, []time.Duration{second},
			""},
		{"limited for seconds", []func(http.ResponseWriter){limited("X-RateLimit-Reset", "30"), body(emptyList)},
			[]time.Duration{31 * second}, ""},
		{"limited for more seconds", []func(http.ResponseWriter){limited("X-RateLimit-Reset", "3600")}, nil, fault.Throttled},
		{"limited until nonsense", []func(http.ResponseWriter){limited("X-RateLimit-Reset", "soon"), body(emptyList)},
			[]time.Duration{second}, ""},
		{"Retry-After in seconds", []func(http.ResponseWriter){limited("Retry-After", "7"), body(emptyList)},
			[]time.Duration{8 * second}, ""},
		{"Retry-After as a date",
			[]func(http.ResponseWriter){limited("Retry-After", start.Add(9*second).Format(http.TimeFormat)), body(emptyList)},
			[]time.Duration{10 * second}, ""},
		{"Retry-After without end", []func(http.ResponseWriter){limited("Retry-After", "9223372036854775807")}, nil,
			fault.Throttled},
		{"the later of both",
			[]func(http.ResponseWriter){limited("Retry-After", "5", "X-RateLimit-Reset", at(20*second)), body(emptyList)},
			[]time.Duration{21 * second}, ""},
		{"the later of both, which is Retry-After",
			[]func(http.ResponseWriter){limited("Retry-After", "20", "X-RateLimit-Reset", at(5*second)), body(emptyList)},
			[]time.Duration{21 * second}, ""},
		{"a refused token", []func(http.ResponseWriter){status(401, "")}, nil, fault.TokenRefused},
		{"a bad answer", []func(http.ResponseWriter){body(`{}`)}, nil, fault.MalformedAnswer},
		{"a bad request", []func(http.ResponseWriter){status(400, "")}, nil, fault.MalformedAnswer},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			handler := answers(test.answers...)
			opened, clock := serve(t, handler)
			_, err := opened.Locks(t.Context())
			if !isCode(err, test.code) {
				t.Errorf("error %v, want code %q", err, test.code)
			}
			if !slices.Equal(clock.slept, test.slept) {
				t.Errorf("slept %v, want %v", clock.slept, test.slept)
			}
			if want := len(test.slept) + 1; len(handler.all()) != want {
				t.Errorf("%d attempts, want %d", len(handler.all()), want)
			}
		})
	}
}

func TestThrottledSaysWhenTheLimitResets(t *testing.T) {
	const want = "Listing the locked clusters at Qovery: Qovery's limit of requests is used up; it resets at " +
		"2026-05-04T09:40:00Z. Wait until there is less load. Then start the rotation again."
	for _, resets := range []string{at(40 * time.Minute), "2400"} {
		opened, _ := serve(t, answers(status(429, "", "X-RateLimit-Reset", resets)))
		if _, err := opened.Locks(t.Context()); err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", resets, err, want)
		}
	}
}

func TestJitterIsFull(t *testing.T) {
	opened, clock := serve(t, answers(status(500, ""), status(500, ""), body(emptyList)))
	draws := []float64{0.25, 0}
	opened.client.Jitter = func() (next float64) {
		next, draws = draws[0], draws[1:]
		return next
	}
	if _, err := opened.Locks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{250 * time.Millisecond, 0}; !slices.Equal(clock.slept, want) {
		t.Errorf("slept %v, want %v", clock.slept, want)
	}
}

// deadlined is a context with a deadline on the fake clock, which is not the
// machine's.
type deadlined struct {
	context.Context
	at time.Time
}

func (d deadlined) Deadline() (time.Time, bool) { return d.at, true }

func TestNoSleepPastTheDeadline(t *testing.T) {
	handler := answers(status(503, ""))
	// A transport without deadlines, because this one's is on the fake clock.
	opened, clock := open(t, Options{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
		recorder := newRecorder()
		handler.ServeHTTP(recorder, &http.Request{Method: "GET", URL: mustParse("/x")})
		return recorder.Result(), nil
	})})
	ctx := deadlined{t.Context(), start.Add(3 * time.Second)}
	_, err := opened.Locks(ctx)
	if !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("error %v", err)
	}
	// One second fits, two more end exactly at the deadline.
	if want := []time.Duration{time.Second}; !slices.Equal(clock.slept, want) {
		t.Errorf("slept %v, want %v", clock.slept, want)
	}
}

func TestInterruptedReadsAreNotRepeated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	handler := answers(func(w http.ResponseWriter) { cancel(); hangUp(w) })
	opened, clock := serve(t, handler)
	if _, err := opened.Locks(ctx); !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("error %v", err)
	}
	if len(handler.all()) != 1 || len(clock.slept) != 0 {
		t.Errorf("%d attempts, slept %v", len(handler.all()), clock.slept)
	}
}

// A server that hangs costs RequestTimeout and no more.
func TestHangingServer(t *testing.T) {
	released := make(chan struct{})
	handler := answers(func(w http.ResponseWriter) {
		w.(http.Flusher).Flush() // the status arrives, the body never does
		<-released
	})
	opened, _ := serve(t, handler)
	t.Cleanup(func() { close(released) }) // before the server is closed
	opened.client.timeout = 30 * time.Millisecond
	began := time.Now()
	if _, err := opened.Locks(t.Context()); !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("error %v", err)
	}
	if got := handler.count("GET"); got != maxRepeats+1 {
		t.Errorf("%d attempts", got)
	}
	if took := time.Since(began); took > RequestTimeout/2 {
		t.Errorf("it took %s", took)
	}
}

// What changes something is sent once, whatever comes back.
func TestChangesAreSentOnce(t *testing.T) {
	failures := map[string]func(http.ResponseWriter){
		"500":           status(500, ""),
		"503":           status(503, "", "Retry-After", "1"),
		"429":           status(429, "", "Retry-After", "1"),
		"408":           status(408, ""),
		"400":           status(400, ""),
		"307":           status(307, "", "Location", "/elsewhere"),
		"no answer":     hangUp,
		"no whole body": status(200, "", "Content-Length", "100"),
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			handler := answers(body(oneCredential), failure)
			opened, clock := serve(t, handler)
			_ = opened.PutKey(t.Context(), creds, testKey, rotation.NewSecret(testSecret))
			_ = opened.Deploy(t.Context(), "c-1")
			if handler.count("PUT") != 1 || handler.count("POST") != 1 || len(handler.all()) != 3 || len(clock.slept) != 0 {
				t.Errorf("sent %q, slept %v", handler.all(), clock.slept)
			}
		})
	}
}

// Go's transport repeats a request by itself when a connection that it uses
// again turns out to be dead. It must not with a change.
func TestChangesAreNotRepeatedByTheTransport(t *testing.T) {
	handler := answers(body(oneCredential), hangUp)
	opened, _ := serve(t, handler)
	opened.client.Transport.(*http.Transport).DisableKeepAlives = false
	err := opened.PutKey(t.Context(), creds, testKey, rotation.NewSecret(testSecret))
	if !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("error %v", err)
	}
	if got := handler.count("PUT"); got != 1 {
		t.Errorf("%d PUTs arrived", got)
	}
}

// Whether a policy allows a request, Qovery may not be able to ask for a moment: it
// answers 401 then, too, and nothing was carried out.
func TestPolicyTokens(t *testing.T) {
	denied := status(401, "")
	reading := func(o *organization) error { _, err := o.Locks(t.Context()); return err }
	deploying := func(o *organization) error { return o.Deploy(t.Context(), "c-1") }
	tests := []struct {
		name     string
		answers  []func(http.ResponseWriter)
		ask      func(*organization) error
		attempts int
		code     fault.Code // of an error
		refused  int        // status of a *Refusal
	}{
		{"read after a moment", []func(http.ResponseWriter){denied, denied, body(emptyList)}, reading, 3, "", -1},
		{"reading is denied", []func(http.ResponseWriter){denied}, reading, 4, fault.TokenRefused, -1},
		{"reading is forbidden", []func(http.ResponseWriter){status(403, "")}, reading, 1, fault.TokenRefused, -1},
		{"deployed after a moment", []func(http.ResponseWriter){denied, body("{}")}, deploying, 2, "", -1},
		{"deploying is denied", []func(http.ResponseWriter){denied}, deploying, 4, "", 401},
		{"let in, and then down", []func(http.ResponseWriter){denied, status(500, "")}, deploying, 2, fault.Unreachable, -1},
	}
	for _, test := range tests {
		handler := answers(test.answers...)
		opened, _ := serve(t, handler)
		opened.token = rotation.NewSecret(policyToken + "-abc")
		err := test.ask(opened)
		if refusal(err) != test.refused || test.refused < 0 && !isCode(err, test.code) {
			t.Errorf("%s: error %v, want %s or a refusal with %d", test.name, err, test.code, test.refused)
		}
		if got := len(handler.all()); got != test.attempts {
			t.Errorf("%s: %d attempts, want %d", test.name, got, test.attempts)
		}
	}
}
