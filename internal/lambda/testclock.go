//go:build testclock

package lambda

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Now asks the host for the time. Without a host there is none.
func (Clock) Now() time.Time {
	answer, err := ask(context.Background(), "now")
	if err != nil {
		panic(fmt.Sprintf("lambda: the test clock does not answer: %v", err))
	}
	now, err := time.Parse(time.RFC3339Nano, answer)
	if err != nil {
		panic(fmt.Sprintf("lambda: the test clock answers no time: %v", err))
	}
	return now
}

// Sleep waits until the host's clock has moved on, or returns why ctx ended first.
func (Clock) Sleep(ctx context.Context, d time.Duration) error {
	_, err := ask(ctx, "sleep?for="+url.QueryEscape(d.String()))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// ask asks the host, which is where the Runtime API is.
func ask(ctx context.Context, what string) (string, error) {
	address := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/testclock/" + what
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("asking the test clock: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking the test clock: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return string(answer), err
}
