// A webhook is an address that a chat gives out. It is a secret: anyone who has it can
// write there. Neither an error nor a log has it.

package sender

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

const (
	attempts   = 3
	firstPause = time.Second // before the second attempt; twice as long before the third
	timeout    = 5 * time.Second
	mostRead   = 4 << 10 // of an answer, so that the connection can be used again
)

// webhook is one of them.
type webhook struct {
	clock rotation.Clock
	// address reads it.
	address func(context.Context) (rotation.Secret, error)
}

// client follows no redirect: it would show the message to another host.
var client = &http.Client{
	Timeout:       timeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Post posts a document as JSON. What may pass is tried again.
func (h webhook) Post(ctx context.Context, document any) error {
	address, err := h.address(ctx)
	if err != nil {
		return err
	}
	target, err := url.Parse(address.Reveal())
	if err != nil || target.Scheme != "https" || target.Hostname() == "" || target.User != nil {
		return fault.Errorf(fault.ConfigurationError, "The webhook's address isn't one such as https://host/path")
	}
	body, err := json.Marshal(document)
	if err != nil {
		return fault.Errorf(fault.ConfigurationError, "The message can't be written as JSON")
	}
	for n, pause := 1, firstPause; ; n, pause = n+1, 2*pause {
		passes, err := post(ctx, target, body)
		if err == nil || !passes || n == attempts || h.clock.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

// post tells whether a failure may pass.
func post(ctx context.Context, target *url.URL, body []byte) (passes bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return false, fault.Errorf(fault.ConfigurationError, "The webhook's address can't be used")
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return true, fault.Errorf(fault.Unreachable, "The webhook wasn't reached: %s", network(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, mostRead))
	status := answer.StatusCode
	if status/100 == 2 {
		return false, nil
	}
	passes = status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
	return passes, fault.Errorf(fault.Unreachable, "The webhook answered %d", status)
}

// network says why there was no answer, without the address, which net/http's words have.
func network(err error) string {
	var other net.Error
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &other) && other.Timeout() {
		return fmt.Sprintf("there was no answer within %s, or in the time that was left", timeout)
	}
	return cmp.Or(words.Network(err), "the connection failed")
}
