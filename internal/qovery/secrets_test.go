package qovery

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// leaks are the forms in which the token or the secret could show in a text.
var leaks = []string{testToken, testSecret, url.QueryEscape(testSecret), url.QueryEscape(testToken)}

func checkNoLeak(t *testing.T, where string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	logged, _ := json.Marshal(err)
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), string(logged)} {
		for _, leak := range leaks {
			if strings.Contains(text, leak) {
				t.Errorf("%s: %q is in %s", where, leak, text)
			}
		}
	}
}

// A server that sends back all it was given: in the body, in headers, and as
// credentials with such a name and key.
func TestEchoedSecretsAreNotTold(t *testing.T) {
	both := testToken + " " + testSecret
	bodies := map[string]string{
		"detail":     `{"status":1,"detail":"` + both + `"}`,
		"message":    `{"message":"Token ` + testToken + `: ` + testSecret + `"}`,
		"not JSON":   both,
		"wrong type": `{"results":"` + both + `","id":["` + both + `"]}`,
		"query":      `{"detail":"/x?token=` + url.QueryEscape(testToken) + `"}`,
		"long":       `{"detail":"` + strings.Repeat("x", 180) + " " + both + `"}`,
		"in config": `{"results":[{"id":"` + both + `","name":"` + both + `","kind":"` + both + `","config":"` + both +
			`"}]}`,
		"in DNS": `{"dns_provider":{"provider":"` + both + `","credentials":"` + both + `"}}`,
		"in lists": `{"results":[{"cluster_id":"","id":"","credential":{"name":"` + both + `","object_type":"` + both +
			`"}}]}`,
	}
	for name, content := range bodies {
		for _, code := range []int{200, 302, 400, 401, 403, 404, 409, 429, 500} {
			echo := status(code, content, "Location", "/"+testSecret, "Retry-After", testSecret, "X-RateLimit-Reset", testToken,
				"Set-Cookie", testToken)
			for _, first := range []func(http.ResponseWriter){echo, body(oneCredential), body(oneRegistry),
				body(oneRepository)} {
				for _, test := range everyCall {
					opened, _ := serve(t, answers(first, echo))
					checkNoLeak(t, fmt.Sprint(test.name, " ", name, " ", code), test.call(t.Context(), opened))
				}
			}
		}
	}
}

// A server that is no HTTP server and sends back what it was given, which
// net/http would quote.
func TestEchoedSecretsOfBrokenServersAreNotTold(t *testing.T) {
	for _, line := range []string{"HTTP/1.1 " + testSecret + "\r\n\r\n", testToken + "\r\n", "HTTP/1.1 200 OK\r\n" +
		testSecret + "\r\n\r\n",
		"HTTP/1.1 200 " + testSecret + "\r\nContent-Length: " + testToken + "\r\n\r\n", "HTTP/1.1 500 " + testSecret +
			"\r\nContent-Length: 0\r\n\r\n"} {
		for _, test := range everyCall {
			opened, _ := open(t, Options{BaseURL: "http://" + rawServer(t, line, strings.HasPrefix(test.name, "PutKey"))})
			err := test.call(t.Context(), opened)
			if err == nil {
				t.Errorf("%s: %q is no error", test.name, line)
			}
			checkNoLeak(t, test.name, err)
		}
	}
}

// rawServer answers the reads before PUTs as it should if those are to follow, and
// the line to everything else.
func rawServer(t *testing.T, line string, puts bool) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answerRaw(connection, line, puts)
		}
	}()
	return listener.Addr().String()
}

// answerBeforePut answers the reads that come before PUTs.
func answerBeforePut(r *http.Request) string {
	for _, ends := range []string{"/credentials", "/containerRegistry", "/helmRepository"} {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ends) {
			return answerOf(ends)
		}
	}
	return ""
}

func answerRaw(connection net.Conn, line string, puts bool) {
	defer connection.Close()
	request, err := http.ReadRequest(bufio.NewReader(connection))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, request.Body)
	if answer := answerBeforePut(request); answer != "" && puts {
		line = fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
	}
	_, _ = io.WriteString(connection, line)
}

// A transport whose errors quote the request.
func TestErrorsOfTransportsAreNotTold(t *testing.T) {
	opened, _ := open(t, Options{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		if answer := answerBeforePut(r); answer != "" {
			recorder := newRecorder()
			_, _ = recorder.WriteString(answer)
			return recorder.Result(), nil
		}
		sent := ""
		if r.Body != nil {
			content, _ := io.ReadAll(r.Body)
			sent = string(content)
		}
		return nil, fmt.Errorf("sending %v %s", r.Header, sent)
	})})
	for _, test := range everyCall {
		checkNoLeak(t, test.name, test.call(t.Context(), opened))
	}
}

func TestClientsAndOrganizationsPrintWithoutTheToken(t *testing.T) {
	opened, _ := open(t, Options{})
	for _, text := range []string{fmt.Sprintf("%v", opened), fmt.Sprintf("%+v", *opened), fmt.Sprintf("%#v", *opened)} {
		if strings.Contains(text, testToken) {
			t.Errorf("the token is in %s", text)
		}
	}
}
