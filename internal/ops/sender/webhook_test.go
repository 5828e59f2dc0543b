package sender

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

const path = "/services/T000/B000/the-secret"

// noPause waits for nothing.
type noPause struct{ rotation.Clock }

func (noPause) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// hook is one whose address is the server's, and trusts it.
func hook(t *testing.T, address string) webhook {
	return webhook{noPause{}, func(context.Context) (rotation.Secret, error) { return rotation.NewSecret(address), nil }}
}

// serve is a chat that answers each attempt with the next status.
func serve(t *testing.T, statuses ...int) (address string, bodies *[]string) {
	t.Helper()
	bodies = &[]string{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*bodies = append(*bodies, string(body))
		if r.Method != http.MethodPost || r.URL.Path != path || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s, %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
		}
		status := statuses[min(len(*bodies), len(statuses))-1]
		w.Header().Set("Location", "https://elsewhere.example"+path)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20)+path)
	}))
	t.Cleanup(server.Close)
	was := client.Transport
	client.Transport = server.Client().Transport
	t.Cleanup(func() { client.Transport = was })
	return server.URL + path, bodies
}

// What may pass is tried again, three times in all; no redirect is followed; and no error
// has the address.
func TestPost(t *testing.T) {
	for name, test := range map[string]struct {
		statuses []int
		attempts int
		want     string // of the error; "": there is none
	}{
		"taken":             {[]int{200}, 1, ""},
		"accepted":          {[]int{202}, 1, ""},
		"taken in the end":  {[]int{500, 429, 200}, 3, ""},
		"always fails":      {[]int{500}, 3, "The webhook answered 500"},
		"unknown":           {[]int{404}, 1, "The webhook answered 404"},
		"sent to elsewhere": {[]int{307}, 1, "The webhook answered 307"},
	} {
		t.Run(name, func(t *testing.T) {
			address, bodies := serve(t, test.statuses...)
			err := hook(t, address).Post(t.Context(), map[string]string{"text": "Nothing is broken."})
			if len(*bodies) != test.attempts || (*bodies)[0] != `{"text":"Nothing is broken."}` {
				t.Errorf("sent %q", *bodies)
			}
			check(t, err, test.want)
		})
	}
}

func check(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("the address is in %v", err)
	}
}

func TestAddresses(t *testing.T) {
	address, _ := serve(t, 200)
	for bad, want := range map[string]string{
		"http" + strings.TrimPrefix(address, "https"): "isn't one such as https://host/path",
		"the-secret":                   "isn't one such as",
		"":                             "isn't one such as",
		"https://":                     "isn't one such as",
		"https://a:secret@127.0.0.1/x": "isn't one such as",
		"https://127.0.0.1/\x00secret": "isn't one such as",
		"https://127.0.0.1:1" + path:   "the connection failed",
		"https://none.invalid" + path:  "The webhook wasn't reached: ",
	} {
		check(t, hook(t, bad).Post(t.Context(), 1), want)
	}
	none := webhook{noPause{}, func(context.Context) (rotation.Secret, error) {
		return rotation.Secret{}, fault.Errorf(fault.AccessDenied, "AWS denies ssm:GetParameter")
	}}
	check(t, none.Post(t.Context(), 1), "AWS denies")
}

// A chat that hangs takes no more than the time that there is.
func TestPostEndsInTime(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer server.Close()
	defer close(done)
	was := client.Transport
	client.Transport = server.Client().Transport
	defer func() { client.Transport = was }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	check(t, hook(t, server.URL+path).Post(ctx, 1), "in the time that was left")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
}
