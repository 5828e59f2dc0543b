package fakeqovery

import (
	"io"
	"net/http"
	"net/http/httptest"
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
	recorder := httptest.NewRecorder()
	t.handler.ServeHTTP(recorder, arrived)
	response = recorder.Result()
	response.ContentLength, response.Request = int64(recorder.Body.Len()), request
	return response, nil
}
