package awstest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Server is a service that answers what the test tells it to.
type Server struct {
	URL string

	mu       sync.Mutex
	requests []Request
}

// Request is a request that a Server has got.
type Request struct {
	Operation string // "ListAccessKeys", "GetItem"; of a service without names in its requests "GET /path"
	Header    http.Header
	Body      string
}

// Serve starts a server. Answer is called for one request after another, n
// counting from 1.
func Serve(t testing.TB, answer func(w http.ResponseWriter, r Request, n int)) *Server {
	t.Helper()
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		request := Request{operation(r.Header, string(body)), r.Header, string(body)}
		if request.Operation == "" {
			request.Operation = r.Method + " " + r.URL.Path
		}
		s.mu.Lock()
		s.requests = append(s.requests, request)
		n := len(s.requests)
		s.mu.Unlock()
		answer(w, request, n)
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Requests are those the server has got so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// operation reads what the two protocols in use here call an operation.
func operation(header http.Header, body string) string {
	if _, name, found := strings.Cut(header.Get("X-Amz-Target"), "."); found {
		return name
	}
	_, rest, _ := strings.Cut(body, "Action=")
	name, _, _ := strings.Cut(rest, "&")
	return name
}

// Answer is a whole answer.
type Answer func(w http.ResponseWriter)

// JSON answers as the services with a JSON protocol do.
func JSON(status int, body string) Answer {
	return func(w http.ResponseWriter) { write(w, "application/x-amz-json-1.1", status, body) }
}

// JSONError is an error of a service with a JSON protocol.
func JSONError(status int, code, message string) Answer {
	return JSON(status, fmt.Sprintf(`{"__type":%q,"message":%q}`, code, message))
}

// XML answers as IAM and STS do.
func XML(status int, body string) Answer {
	return func(w http.ResponseWriter) { write(w, "text/xml", status, body) }
}

// XMLError is an error of IAM or STS.
func XMLError(status int, code, message string) Answer {
	return XML(status, fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message>`+
		`</Error><RequestId>r</RequestId></ErrorResponse>`, code, message))
}

// Hangup closes the connection without a word, or after the beginning of an answer.
func Hangup(beginning string) Answer {
	return func(w http.ResponseWriter) {
		if beginning != "" {
			w.Header().Set("Content-Length", fmt.Sprint(len(beginning)+1000))
			_, _ = io.WriteString(w, beginning)
			_ = http.NewResponseController(w).Flush()
		}
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if tcp, ok := connection.(*net.TCPConn); ok && beginning == "" {
			_ = tcp.SetLinger(0) // a reset
		}
		_ = connection.Close()
	}
}

// Huge answers with more than anybody should read.
func Huge(beginning string) Answer {
	return func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, beginning)
		chunk := strings.Repeat(" ", 1<<20)
		for range 64 {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}
}

// Always answers every request the same.
func Always(answer Answer) func(http.ResponseWriter, Request, int) {
	return func(w http.ResponseWriter, _ Request, _ int) { answer(w) }
}

// InOrder answers one request after another; the last answer goes on.
func InOrder(answers ...Answer) func(http.ResponseWriter, Request, int) {
	return func(w http.ResponseWriter, _ Request, n int) { answers[min(n, len(answers))-1](w) }
}

func write(w http.ResponseWriter, contentType string, status int, body string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
