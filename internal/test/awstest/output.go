package awstest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"
)

// MotoOutput is what a moto server writes, and where one learns on which port it
// listens. It is started on port 0: a port that was free a moment ago may be
// another server's by the time moto takes it.
type MotoOutput struct {
	mu   sync.Mutex
	text bytes.Buffer
}

var runningOn = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)\s`)

// Write keeps what the server writes.
func (o *MotoOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all that the server has written so far.
func (o *MotoOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Endpoint waits up to a minute until the server says where it listens. Over is
// closed when the server ends.
func (o *MotoOutput) Endpoint(over <-chan struct{}) (string, error) {
	for range 600 {
		if found := runningOn.FindStringSubmatch(o.String()); found != nil {
			return found[1], nil
		}
		select {
		case <-over:
			return "", fmt.Errorf("the moto server ended:\n%s", o)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", errors.New("the moto server does not say where it listens:\n" + o.String())
}
