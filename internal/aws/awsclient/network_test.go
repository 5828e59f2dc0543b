package awsclient

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// A file of credentials that is not there is no network that fails.
func TestFilesAreNotTheNetwork(t *testing.T) {
	_, err := os.ReadFile(t.TempDir() + "/none")
	err = fmt.Errorf("get credentials: %w", err)
	if why := network(err); why != "" || !Unsent(err) {
		t.Errorf("%v: the network, %q", err, why)
	}
	if Unsent(context.DeadlineExceeded) {
		t.Error("what took too long was sent")
	}
}
