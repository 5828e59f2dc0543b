package awsclient

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const pause = 100 * time.Millisecond

// The SDK has let go of the request's body before net/http is done with it: on
// a busy machine an answer can overtake the end of the sending.
func TestAnAnswerOvertakesTheEndOfTheSending(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(3 * pause) // the sending ends before the answer does
		_, _ = io.WriteString(w, " and more")
	}))
	defer server.Close()
	client := newHTTPClient(time.Minute)
	slow(client.Transport.(limited).Transport)

	answer, _, err := smithyhttp.NewClientHandlerWithOptions(client).Handle(t.Context(),
		post(t, server.URL, "the request"))
	if err != nil {
		t.Fatal(err)
	}
	body := answer.(*smithyhttp.Response).Body
	defer func() { _ = body.Close() }()
	if text, err := io.ReadAll(body); err != nil || string(text) != "the request and more" {
		t.Errorf("%q, %v", text, err)
	}
}

func post(t *testing.T, address, body string) *smithyhttp.Request {
	t.Helper()
	request := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	var err error
	if request.URL, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	request.Method, request.ContentLength = http.MethodPost, int64(len(body))
	if request, err = request.SetStream(bytes.NewReader([]byte(body))); err != nil {
		t.Fatal(err)
	}
	return request
}

// slow has every write return late.
func slow(transport *http.Transport) {
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		return slowConn{connection}, err
	}
}

type slowConn struct{ net.Conn }

func (c slowConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	time.Sleep(pause)
	return n, err
}
