package qovery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"qovery-key-rotation/internal/rotation/fault"
)

const (
	maxAnswer  = 8 << 20  // bytes of an answer that is read
	maxRefusal = 64 << 10 // bytes of an error's body that are read
)

// answer is Qovery's answer to one request. The body is empty when it is not to
// be looked at.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// errTooLarge says that an answer is larger than any that Qovery gives.
var errTooLarge = errors.New("the answer is larger than 8 MiB")

// send makes one attempt. The error, if any, is that of the connection, and may
// quote what the server sent: pass it through networkProblem.
func (o *organization) send(ctx context.Context, e endpoint, path string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, o.client.timeout)
	defer cancel()
	request, err := o.request(ctx, e, path, body)
	if err != nil {
		return answer{}, err
	}
	// RoundTrip and not http.Client: no redirect is followed, so the token goes
	// to no other host; no cookie is kept; and no error quotes the URL.
	response, err := o.client.Transport.RoundTrip(request)
	if err != nil {
		o.observe(e, 0)
		return answer{}, err
	}
	defer response.Body.Close()
	o.observe(e, response.StatusCode)
	result := answer{status: response.StatusCode, header: response.Header}
	result.body, err = readBody(e, result, response.Body, response.ContentLength)
	return result, err
}

func (o *organization) request(ctx context.Context, e endpoint, path string, body []byte) (*http.Request, error) {
	content := io.Reader(http.NoBody)
	if body != nil {
		content = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, e.method, o.client.BaseURL+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		// Without GetBody the transport cannot send a body a second time, which
		// it would otherwise do when a connection ends early.
		request.GetBody = nil
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Authorization", o.authorization.Reveal())
	return request, nil
}

// readBody reads as much of the body as is worth knowing. A change that was
// accepted stays accepted whatever becomes of the rest of its answer.
func readBody(e endpoint, a answer, from io.Reader, length int64) ([]byte, error) {
	switch {
	case e.guarded || a.ok() && e.method != http.MethodGet:
		// Read to the end, so that the connection can be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(from, maxRefusal))
		return nil, nil
	case !a.ok():
		body, _ := io.ReadAll(io.LimitReader(from, maxRefusal))
		return body, nil
	}
	// Room for all of it at once, if the header tells how much that is.
	body := bytes.NewBuffer(make([]byte, 0, min(max(length, 0), maxAnswer)+bytes.MinRead))
	_, err := body.ReadFrom(io.LimitReader(from, maxAnswer+1))
	if err == nil && body.Len() > maxAnswer {
		return nil, errTooLarge
	}
	return body.Bytes(), err
}

func (o *organization) observe(e endpoint, status int) {
	if o.client.Observe != nil {
		o.client.Observe(e.method, e.path, status)
	}
}

// ask makes a request that changes nothing, and returns the body of a 2xx answer.
func (o *organization) ask(ctx context.Context, e endpoint, ids ...string) ([]byte, error) {
	got, problem := o.read(ctx, e, ids...)
	if problem != nil {
		return nil, problem
	}
	return got.body, nil
}

// learn asks, and reads the answer.
func learn[T any](ctx context.Context, o *organization, e endpoint, decode func(body []byte) (T, error),
	ids ...string) (T, error) {
	var none T
	body, err := o.ask(ctx, e, ids...)
	if err != nil {
		return none, err
	}
	learned, err := decode(body)
	if err != nil {
		return none, malformed(e, err)
	}
	return learned, nil
}

// read makes a request that changes nothing, and repeats it while that may help
// (retry.go). It returns the last answer, and what is wrong with it.
func (o *organization) read(ctx context.Context, e endpoint, ids ...string) (answer, *fault.Error) {
	path, err := e.with(ids...)
	if err != nil {
		return answer{}, fault.Errorf(fault.InvalidInput, "%s: %v", e.doing, err)
	}
	for attempt := 0; ; attempt++ {
		got, err := o.send(ctx, e, path, nil)
		problem := o.problemOf(ctx, e, got, err)
		if problem == nil || !o.mayPass(got, problem) || !o.waitToRepeat(ctx, attempt, got) {
			return got, problem
		}
	}
}

// tell makes a request that changes something. It is carried out once at most: only
// what Qovery did not let in is sent again.
func (o *organization) tell(ctx context.Context, e endpoint, body []byte, ids ...string) error {
	path, err := e.with(ids...)
	if err != nil {
		return notSent("%v", err)
	}
	for attempt := 0; ; attempt++ {
		got, err := o.send(ctx, e, path, body)
		if err != nil || !o.isUndecided(got) || !o.waitToRepeat(ctx, attempt, got) {
			return o.outcomeOf(ctx, e, got, err)
		}
	}
}
