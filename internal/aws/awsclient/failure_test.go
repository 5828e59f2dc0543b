package awsclient

import (
	"testing"

	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/rotation/fault"
)

// What another writer held up wasn't done, and is to be tried again.
func TestWritersThatMeet(t *testing.T) {
	for _, code := range []string{"ConcurrentModification", "TransactionConflictException"} {
		err := Request{Action: "iam:CreateAccessKey"}.Failed(&smithy.GenericAPIError{Code: code})
		if err.Code != fault.Throttled || err.Class != fault.Transient {
			t.Errorf("%s is %s, %s", code, err.Code, err.Class)
		}
	}
}
