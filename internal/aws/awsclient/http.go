package awsclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer is far above anything that a service legitimately answers here:
// DynamoDB's pages, the largest, end at 1 MiB.
const maxAnswer = 4 << 20

var errTooLarge = errors.New("the answer is larger than 4 MiB")

var errProxyLogin = errors.New("the proxy wants a login")

// newHTTPClient follows no redirect, which would repeat a request and hand it
// to another host, and reads no answer without end.
func newHTTPClient(timeout time.Duration) *http.Client {
	dialer := net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: limited{&http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dialer.DialContext,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: 5 * time.Second,
			IdleConnTimeout:     30 * time.Second,
			OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
				if answer.StatusCode == http.StatusProxyAuthRequired {
					return errProxyLogin
				}
				return nil
			},
		}},
	}
}

// limited limits the size of answers, and what of a request's body is seen.
type limited struct{ *http.Transport }

// RoundTrip sends the request.
func (l limited) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil && request.Body != http.NoBody {
		sent := *request
		sent.Body = readOnly{request.Body}
		request = &sent
	}
	response, err := l.Transport.RoundTrip(request)
	if err == nil {
		response.Body = &limitedBody{response.Body, maxAnswer}
	}
	return response, err
}

// readOnly hides a body's WriteTo. The SDK closes a request's body as soon as
// there is an answer, and from then on WriteTo fails with io.EOF where Read just
// ends. net/http may still be looking whether the body holds more than it
// announced; with WriteTo it would take that for a failure, close the connection
// and so cut the answer off: a new key's secret would be lost.
// https://github.com/aws/smithy-go/blob/v1.28.8/transport/http/internal/io/safe.go
type readOnly struct{ io.ReadCloser }

type limitedBody struct {
	io.ReadCloser
	left int
}

// Read fails where a larger answer would go on, so that a cut one is never
// taken for a whole one.
func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
