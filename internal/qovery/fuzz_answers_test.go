package qovery

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// rightAnswers are what Qovery answers where it is asked for something, by the
// end of the path.
var rightAnswers = map[string]string{
	"credentials": oneCredential, "containerRegistry": oneRegistry, "helmRepository": oneRepository,
	"dnsProvider": qoverysDNS,
	"cluster":     withManagers(""), "status": `{"results":[{"cluster_id":"c-1","status":"DEPLOYED"}]}`,
	"lock": emptyList, "logs": emptyList,
}

// oddServer answers the nth request of a call with anything, and the others as
// it should. A repetition of a request is answered as the request was.
type oddServer struct {
	nth    int
	status int
	header http.Header
	body   []byte

	paths []string
	odd   *http.Request // that was answered so
}

// RoundTrip answers.
func (s *oddServer) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := r.Method + r.URL.Path
	if !slices.Contains(s.paths, asked) {
		s.paths = append(s.paths, asked)
	}
	recorder := newRecorder()
	if slices.Index(s.paths, asked) != s.nth {
		_, _ = io.WriteString(recorder, rightAnswers[path.Base(r.URL.Path)])
		return recorder.Result(), nil
	}
	s.odd = r
	for name, values := range s.header {
		recorder.Header()[name] = values
	}
	recorder.WriteHeader(s.status)
	_, _ = recorder.Write(s.body)
	return recorder.Result(), nil
}

// Every method gets any answer to any of its requests, with any status. It takes
// what is right, and says of all else in the domain's words that it is wrong,
// without what must stay secret.
func FuzzAnswers(f *testing.F) {
	both := testToken + " " + testSecret
	bodies := []string{
		`{}`, `{"results":null}`, `{"results":{}}`, `{"results":[null]}`, emptyList, `[]`, `null`, ``, `<html>` + both,
		`{"status":403,"detail":"plan required"}`, `{"detail":"` + both + `"}`, `{"message":{"a":"` + both + `"}}`,
		`{"results":["` + both + `"]}`,
		`{"results":[{"id":"` + both + `","name":"` + both + `"}]}`, `{"results":[{"cluster_id":"c-1","reason":"` + both +
			`"}]}`,
		`{"results":[{"type":"ERROR","error":{"user_log_message":"` + both + `","hint_message":"` + both + `"}}]}`,
	}
	for _, answer := range rightAnswers {
		bodies = append(bodies, answer)
	}
	for call := range everyCall {
		for i, body := range bodies {
			f.Add(uint8(call), uint8(i), uint16(0), "", []byte(body))
			for nth, code := range []int{204, 301, 304, 400, 401, 403, 404, 408, 409, 425, 429, 500, 503} {
				f.Add(uint8(call), uint8(nth), uint16(code-200), "1777885200", []byte(body))
			}
		}
	}
	f.Fuzz(func(t *testing.T, call, nth uint8, status uint16, resets string, body []byte) {
		server := &oddServer{nth: int(nth % 6), status: 200 + int(status%400), body: body, header: http.Header{}}
		server.header.Set("X-RateLimit-Reset", resets)
		server.header.Set("Retry-After", resets)
		opened, _ := open(t, Options{Transport: server})
		test := everyCall[int(call)%len(everyCall)]
		err := test.call(t.Context(), opened)
		if err != nil {
			checkDomainError(t, test.name, err)
		} else if server.odd != nil {
			checkTaken(t, server)
		}
	})
}

func checkDomainError(t *testing.T, name string, err error) {
	t.Helper()
	checkNoLeak(t, name, err)
	var (
		coded   *fault.Error
		refused *rotation.Refusal
	)
	isChange := strings.HasPrefix(name, "PutKey") || name == "Deploy"
	if !(errors.As(err, &coded) && coded.Code != "") && !(isChange && errors.As(err, &refused)) {
		t.Errorf("%s: %v is neither a coded error nor a refusal", name, err)
	}
}

// checkTaken looks at an answer that was taken for a right one.
func checkTaken(t *testing.T, server *oddServer) {
	t.Helper()
	last := path.Base(server.odd.URL.Path)
	if server.status > 299 {
		if last != "dnsProvider" || server.status != http.StatusForbidden ||
			!strings.Contains(strings.ToLower(string(server.body)), "plan") && !strings.Contains(string(server.body), `\`) {
			t.Errorf("%s: %d is taken for a success", server.odd.URL, server.status)
		}
		return
	}
	if server.odd.Method != http.MethodGet || last == "dnsProvider" || last == "cred-1" {
		return
	}
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(server.body, &fields)
	for name, value := range fields {
		if strings.EqualFold(name, "results") && strings.HasPrefix(string(value), "[") {
			return
		}
	}
	t.Errorf("%s: %q is taken for a list", server.odd.URL, server.body)
}
