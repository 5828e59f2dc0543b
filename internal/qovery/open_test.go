package qovery

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

func TestOpenReadsTheToken(t *testing.T) {
	tests := []struct {
		name, token string
		err         error
		code        fault.Code
	}{
		{"a token", testToken, nil, ""},
		{"a token with white space around it", " \t" + testToken + "\r\n", nil, ""},
		{"nothing", "", nil, fault.TokenRefused},
		{"white space", " \n", nil, fault.TokenRefused},
		{"two lines", testToken + "\nX-Evil: " + testToken, nil, fault.TokenRefused},
		{"the whole header", "Token " + testToken, nil, fault.TokenRefused},
		{"a control character", testToken + "\x7f", nil, fault.TokenRefused},
		{"another alphabet", testToken + "é", nil, fault.TokenRefused},
		{"a store that is throttled", "", fault.Errorf(fault.Throttled, "SSM"), fault.Throttled},
		{"a store that says no", "", fault.Errorf(fault.AccessDenied, "SSM"), fault.AccessDenied},
		{"a store that quotes the token", "", errors.New("bad value " + testToken), fault.TokenRefused},
	}
	for _, test := range tests {
		var asked string
		client, err := New(Options{Clock: newClock(),
			Token: func(_ context.Context, parameter string) (rotation.Secret, error) {
				asked = parameter
				return rotation.NewSecret(test.token), test.err
			}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Open(t.Context(), testTarget())
		if !isCode(err, test.code) {
			t.Errorf("%s: error %v, want code %q", test.name, err, test.code)
		}
		checkNoLeak(t, test.name, err)
		if asked != "/qovery-key-rotation/qovery-token" {
			t.Errorf("%s: asked for the parameter %q", test.name, asked)
		}
	}
}

func TestOpenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, err := New(Options{Clock: newClock(), Token: func(context.Context, string) (rotation.Secret, error) {
		cancel()
		return rotation.Secret{}, ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Open(ctx, testTarget()); !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("error %v", err)
	}
}

func TestBaseURLs(t *testing.T) {
	tests := []struct{ url, problem string }{
		{"https://api.qovery.com", ""},
		{"https://api.qovery.com/", ""},
		{"https://qovery.example.com:8443/api/v1", ""},
		{"http://localhost:8080", ""},
		{"http://127.0.0.1:8080", ""},
		{"http://127.9.9.9", ""},
		{"http://[::1]:8080", ""},
		{"http://api.qovery.com", "https://"},
		{"http://localhost.example.com", "https://"},
		{"http://169.254.169.254", "https://"},
		{"http://0.0.0.0", "https://"},
		{"ftp://api.qovery.com", "https://"},
		{"api.qovery.com", "a URL"},
		{"https://", "a URL"},
		{"https://:443", "a URL"},
		{"https://api.qovery.com\n", "a URL"},
		{"https://user:hunter2@api.qovery.com", "user name"},
		{"https://api.qovery.com?x=hunter2", "query"},
		{"https://api.qovery.com?", "query"},
		{"https://api.qovery.com#hunter2", "query"},
		{"https://api.qovery.com#", "query"},
		{"https://api.qovery.com/{{resolve:ssm:hunter2}}", "a URL"},
		{"https://api.qovery.com/ ", "a URL"},
		{"https://a.example/" + strings.Repeat("a", 1006), ""},
		{"https://a.example/" + strings.Repeat("a", 1007), "has 1025 characters"},

		// No machine of Lambda's, and none that is not a name in the DNS.
		{"https://API.Qovery-2.example", ""},
		{"https://localhost", "name in the DNS"},
		{"https://localhost:8080", "name in the DNS"},
		{"https://127.1", "name in the DNS"},
		{"https://127.0.0.1", "name in the DNS"},
		{"https://[::1]", "name in the DNS"},
		{"https://[::1]:8080", "name in the DNS"},
		{"https://169.254.169.254/", "name in the DNS"},
		{"https://2130706433", "name in the DNS"},
		{"https://0x7f.1", "name in the DNS"},
		{"https://-", "name in the DNS"},
		{"https://-a.example", "name in the DNS"},
		{"https://a-.example", "name in the DNS"},
		{"https://a..example", "name in the DNS"},
		{"https://a.example.", "name in the DNS"},
		{"https://api_1.example", "name in the DNS"},
		{"https://" + strings.Repeat("a", 64) + ".example", "name in the DNS"},
		{"https://" + strings.Repeat("a.", 130) + "example", "name in the DNS"},
		{"https://a.example:65535", ""},
		{"https://a.example:65536", "port"},
		{"https://a.example:0", "port"},
		{"https://a.example:", "port"},
		{"http://localhost:65536", "port"},
		{"https://a.example:x", "a URL"},
		{"https://a.example/../b", "path"},
		{"https://a.example/a/..", "path"},
		{"https://a.example/a/./b", "path"},
		{"https://a.example//b", "path"},
		{"https://a.example/%2e%2e/b", "path"},
		{"https://a.example/a\\b", "path"},
	}
	for _, test := range tests {
		err := CheckBaseURL(test.url)
		if test.problem == "" && err != nil || test.problem != "" &&
			(err == nil || !strings.Contains(err.Error(), test.problem)) {
			t.Errorf("%q: %v, want %q", test.url, err, test.problem)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q is quoted: %v", test.url, err)
		}
		_, made := New(Options{BaseURL: test.url, Clock: newClock(), Token: tokenOf("x")})
		if (made == nil) != (err == nil) {
			t.Errorf("%q: New says %v", test.url, made)
		}
	}
}

func TestNewNeedsATokenAndAClock(t *testing.T) {
	if _, err := New(Options{Clock: newClock()}); err == nil {
		t.Error("a client without a Token")
	}
	if _, err := New(Options{Token: tokenOf("x")}); err == nil {
		t.Error("a client without a Clock")
	}
}

func TestNewFillsIn(t *testing.T) {
	client, err := New(Options{Clock: newClock(), Token: tokenOf("x")})
	if err != nil {
		t.Fatal(err)
	}
	if client.BaseURL != "https://api.qovery.com" || client.timeout != RequestTimeout {
		t.Errorf("%s, %s", client.BaseURL, client.timeout)
	}
	if _, own := client.Transport.(*http.Transport); !own || client.Transport == http.DefaultTransport {
		t.Error("the client has no transport of its own")
	}
	for range 100 {
		if jitter := client.Jitter(); jitter < 0 || jitter >= 1 {
			t.Fatalf("jitter %v", jitter)
		}
	}
}

// A path in the base URL stays in front, with one slash.
func TestBaseURLWithAPath(t *testing.T) {
	var seen string
	opened, _ := open(t,
		Options{BaseURL: "https://example.com/api/", Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			seen = r.URL.String()
			recorder := newRecorder()
			_, _ = recorder.WriteString(emptyList)
			return recorder.Result(), nil
		})})
	if _, err := opened.Locks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "https://example.com/api/organization/" + testOrganization + "/lock"; seen != want {
		t.Errorf("asked %s, want %s", seen, want)
	}
}
