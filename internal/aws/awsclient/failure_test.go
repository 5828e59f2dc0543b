package awsclient

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
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

// What refuses in no words of AWS's is a proxy, or another server.
func TestRefusalsThatAreNotOfAWS(t *testing.T) {
	for status, want := range map[int]string{403: "in no words of AWS's", 407: "the proxy wants a user name"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html><body>blocked</body></html>"))
		}))
		_, err := sts.NewFromConfig(Bounded(aws.Config{Region: "eu-west-3", BaseEndpoint: &server.URL,
			Credentials: Static(aws.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: "secret"})})).
			GetCallerIdentity(t.Context(), nil)
		failed := Request{Action: "sts:GetCallerIdentity"}.Failed(err)
		if !strings.Contains(failed.Error(), want) || strings.Contains(failed.Error(), "UnknownError") || failed.Next == nil {
			t.Errorf("%d: %v", status, failed)
		}
		server.Close()
	}
	tunnel := Request{Action: "sts:GetCallerIdentity"}.Failed(errors.Join(errors.New("proxyconnect"), errProxyLogin))
	if !strings.Contains(tunnel.Error(), "the proxy wants a user name") {
		t.Error(tunnel)
	}
}
