package qovery

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

func mustParse(raw string) *url.URL {
	parsed, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return parsed
}

func TestAnswersToReads(t *testing.T) {
	tests := []struct {
		status int
		code   fault.Code
		says   string
	}{
		{200, "", ""},
		{201, "", ""},
		{204, fault.MalformedAnswer, "it isn't JSON"},
		{301, fault.MalformedAnswer, "301 Moved Permanently; redirects are not followed"},
		{400, fault.MalformedAnswer, "400 Bad Request"},
		{401, fault.TokenRefused, "the token is not valid for this organization"},
		{403, fault.TokenRefused, "or what was asked for does not exist"},
		{404, fault.TokenRefused, "the token belongs to another organization"},
		{408, fault.Unreachable, "408"},
		{409, fault.MalformedAnswer, "409"},
		{418, fault.MalformedAnswer, "418"},
		{425, fault.Unreachable, "425"},
		{429, fault.Throttled, "limit of requests"},
		{500, fault.Unreachable, "500 Internal Server Error"},
		{503, fault.Unreachable, "503"},
		{599, fault.Unreachable, "it answered 599"},
	}
	for _, test := range tests {
		content := emptyList
		if test.status == 204 {
			content = ""
		}
		opened, _ := serve(t, answers(status(test.status, content)))
		_, err := opened.Locks(t.Context())
		if !isCode(err, test.code) || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%d: error %v, want %s with %q", test.status, err, test.code, test.says)
		}
	}
}

func TestAnswersToChanges(t *testing.T) {
	const unknown = "it may have happened all the same"
	tests := []struct {
		name    string
		answer  func(http.ResponseWriter)
		refused int        // status of a *Refusal
		code    fault.Code // of another error
	}{
		{"200", body("{}"), -1, ""},
		{"201", status(201, "{}"), -1, ""},
		{"200 without a body", body(""), -1, ""},
		{"200 with HTML", body("<html>"), -1, ""},
		{"200 that ends early", status(200, "x", "Content-Length", "100"), -1, ""},
		{"302", status(302, "", "Location", "/"), -1, fault.Unreachable},
		{"400", status(400, `{"detail":"no"}`), 400, ""},
		{"401", status(401, ""), 401, ""},
		{"403", status(403, ""), 403, ""},
		{"404", status(404, ""), 404, ""},
		{"408", status(408, ""), -1, fault.Unreachable},
		{"409", status(409, ""), 409, ""},
		{"422", status(422, ""), 422, ""},
		{"425", status(425, ""), -1, fault.Unreachable},
		{"429", status(429, ""), -1, fault.Throttled},
		{"500", status(500, ""), -1, fault.Unreachable},
		{"504", status(504, ""), -1, fault.Unreachable},
		{"no answer", hangUp, -1, fault.Unreachable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opened, _ := serve(t, answers(body(oneCredential), test.answer))
			changes := map[string]error{
				"PutKey": opened.PutKey(t.Context(), creds, testKey, rotation.NewSecret(testSecret)),
				"Deploy": opened.Deploy(t.Context(), "c-1"),
			}
			for name, err := range changes {
				if refusal(err) != test.refused {
					t.Errorf("%s: error %v, want a refusal with %d", name, err, test.refused)
				}
				if test.refused < 0 && !isCode(err, test.code) {
					t.Errorf("%s: error %v, want code %q", name, err, test.code)
				}
				if test.code != "" && !strings.Contains(err.Error(), unknown) {
					t.Errorf("%s: %q does not say that %s", name, err, unknown)
				}
			}
		})
	}
}

// Nothing was sent when PutKey's own read fails, and the read's error says what
// is wrong.
func TestPutKeySendsNothingWhenItsReadFails(t *testing.T) {
	role := `{"results":[{"credential":{"id":"cred-1","name":"prod","object_type":"AWS_ROLE"},"clusters":[]}]}`
	tests := []struct {
		name    string
		answer  func(http.ResponseWriter)
		code    fault.Code
		refused int
	}{
		{"refused", status(403, ""), fault.TokenRefused, -1},
		{"down", status(500, ""), fault.Unreachable, -1},
		{"limited", status(429, "", "X-RateLimit-Reset", "99999999999"), fault.Throttled, -1},
		{"no list", body(`{}`), fault.MalformedAnswer, -1},
		{"other credentials", body(strings.ReplaceAll(oneCredential, "cred-1", "cred-2")), "", 0},
		{"no name", body(strings.ReplaceAll(oneCredential, `"name"`, `"nom"`)), fault.MalformedAnswer, -1},
		{"a role by now", body(role), "", 0},
	}
	for _, test := range tests {
		handler := answers(test.answer)
		opened, _ := serve(t, handler)
		err := opened.PutKey(t.Context(), creds, testKey, rotation.NewSecret(testSecret))
		if refusal(err) != test.refused || test.refused < 0 && !isCode(err, test.code) {
			t.Errorf("%s: error %v", test.name, err)
		}
		if handler.count("PUT") != 0 {
			t.Errorf("%s: a PUT was sent", test.name)
		}
	}
}

func TestPutsThatAreNotSent(t *testing.T) {
	handler := answers(body(oneCredential))
	opened, _ := serve(t, handler)
	other := rotation.LocationRef{Kind: "pigeonhole", ID: "x"}
	manager := rotation.LocationRef{Kind: rotation.SecretManager, ID: "x"}
	for name, err := range map[string]error{
		"no id":     opened.PutKey(t.Context(), creds, "", rotation.NewSecret(testSecret)),
		"no secret": opened.PutKey(t.Context(), creds, testKey, rotation.Secret{}),
		"no kind":   opened.PutKey(t.Context(), other, testKey, rotation.NewSecret(testSecret)),
		"by hand":   opened.PutKey(t.Context(), manager, testKey, rotation.NewSecret(testSecret)),
	} {
		if refusal(err) != 0 {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if len(handler.all()) != 0 {
		t.Errorf("sent %q", handler.all())
	}
}

func TestErrorBodies(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"the one form", `{"status":400,"detail":"cluster is gone"}`, " (cluster is gone)"},
		{"the other form", `{"status":400,"error":"Bad Request","message":"cluster is gone"}`, " (cluster is gone)"},
		{"an error alone", `{"status":400,"error":"Bad Request"}`, " (Bad Request)"},
		{"a detail of another type", `{"detail":{"a":1},"message":"cluster is gone"}`, " (cluster is gone)"},
		{"empty", ``, ""},
		{"HTML", `<html><body>gateway</body></html>`, ""},
		{"a list", `["x"]`, ""},
		{"null", `null`, ""},
		{"cut off", `{"detail":"clus`, ""},
		{"several lines", `{"detail":"one\r\n\ttwo\u0000\u001b[31m\u202ethree"}`, " (one two [31m three)"},
		{"long", `{"detail":"` + strings.Repeat("ab ", 200) + `"}`, " (" + strings.Repeat("ab ", 66) + "a…)"},
		{"a key id", `{"detail":"AKIAIOSFODNN7EXAMPLE is bad"}`, " (****MPLE is bad)"},
		{"what may be a secret", `{"detail":"` + testSecret + ` is bad"}`, " ([redacted] is bad)"},
	}
	for _, test := range tests {
		opened, _ := serve(t, answers(status(400, test.body)))
		_, err := opened.Locks(t.Context())
		want := "Listing the locked clusters at Qovery: it answered 400 Bad Request" + test.want + "."
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, want)
		}
	}
}

// The answer to a request with a secret is told by its status alone, that to a
// deployment with what it says.
func TestRefusalDetails(t *testing.T) {
	opened, _ := serve(t, answers(body(oneCredential), status(400, `{"detail":"not so"}`)))
	if err := opened.PutKey(t.Context(), creds, testKey, rotation.NewSecret(testSecret)); err == nil ||
		err.Error() != "Qovery refused with 400" {
		t.Errorf("PutKey: %v", err)
	}
	if err := opened.Deploy(t.Context(), "c-1"); err == nil || err.Error() != "Qovery refused with 400: not so" {
		t.Errorf("Deploy: %v", err)
	}
}

// A token never goes to another host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := answers(body(emptyList))
	other := httptest.NewServer(elsewhere)
	t.Cleanup(other.Close)
	for _, code := range []int{301, 302, 303, 307, 308} {
		opened, _ := serve(t, answers(status(code, "", "Location", other.URL+"/credentials")))
		for _, test := range everyCall {
			if err := test.call(t.Context(), opened); err == nil {
				t.Errorf("%s: a %d is no error", test.name, code)
			}
		}
	}
	if len(elsewhere.all()) != 0 {
		t.Errorf("the other host was sent %q", elsewhere.all())
	}
}

func TestLargeAnswers(t *testing.T) {
	fits := `{"results":[]}` + strings.Repeat(" ", maxAnswer-len(emptyList))
	for size, code := range map[string]fault.Code{fits: "", fits + " ": fault.MalformedAnswer} {
		handler := answers(body(size))
		opened, _ := serve(t, handler)
		if _, err := opened.Locks(t.Context()); !isCode(err, code) {
			t.Errorf("%d bytes: %v", len(size), err)
		}
		if len(handler.all()) != 1 {
			t.Errorf("%d bytes: %d attempts", len(size), len(handler.all()))
		}
	}
}

func TestNetworkProblems(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "there was no answer within 20s"},
		{&net.DNSError{Name: "api.qovery.com"}, "the host's name can't be resolved"},
		{&net.OpError{Op: "dial", Err: errors.New("x")}, "no connection could be made"},
		{&tls.CertificateVerificationError{}, "the server's certificate is not accepted"},
		{errors.New("malformed HTTP status code " + testSecret), "the connection failed"},
	}
	for _, test := range tests {
		if got := networkProblem(t.Context(), test.err, RequestTimeout); got != test.want {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
	opened, _ := open(t, Options{BaseURL: "http://127.0.0.1:1"}) // nobody listens there
	if _, err := opened.Locks(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "the connection failed (connection refused)") {
		t.Errorf("no server: %v", err)
	}
}
