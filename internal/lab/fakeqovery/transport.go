package fakeqovery

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Transport is an http.RoundTripper that hands requests to a handler in this
// process, without a socket.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

// RoundTrip carries the request out. A handler that aborts is a connection that
// ended, as with net/http.
func (t transport) RoundTrip(request *http.Request) (response *http.Response, err error) {
	if request.Body != nil {
		defer request.Body.Close()
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		if aborted := recover(); aborted == http.ErrAbortHandler {
			response, err = nil, io.ErrUnexpectedEOF
		} else if aborted != nil {
			panic(aborted)
		}
	}()
	arrived := request
	if request.Body == nil {
		// Handlers may rely on a body, and a RoundTripper leaves the request as it
		// is, hence a copy.
		arrived = request.WithContext(request.Context())
		arrived.Body = http.NoBody
	}
	recorder := &recorder{header: http.Header{}}
	t.handler.ServeHTTP(recorder, arrived)
	return recorder.response(request), nil
}

// recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(data)
}

func (r *recorder) response(request *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.header,
		Body:          io.NopCloser(&r.body),
		ContentLength: int64(r.body.Len()),
		Request:       request,
	}
}
