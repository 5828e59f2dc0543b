package awsclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation/fault"
)

func TestFromEnvironment(t *testing.T) {
	env := environmentOf(map[string]string{
		"AWS_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "ASIA1", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL":  "http://localhost:5000",
	})
	cfg := FromEnvironment(env)
	if err := env.Err(); err != nil {
		t.Fatal(err)
	}
	credentials, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || credentials.AccessKeyID != "ASIA1" || credentials.SecretAccessKey != "secret" ||
		credentials.SessionToken != "session" {
		t.Errorf("credentials of %s, %v", credentials.AccessKeyID, err)
	}
	if cfg.Region != "eu-west-3" || aws.ToString(cfg.BaseEndpoint) != "http://localhost:5000" ||
		cfg.Retryer().MaxAttempts() != maxAttempts {
		t.Errorf("region %s, endpoint %s, %d attempts", cfg.Region, aws.ToString(cfg.BaseEndpoint),
			cfg.Retryer().MaxAttempts())
	}
}

// A person may choose how to try again, but not how often.
func TestModesOfTryingAgain(t *testing.T) {
	for mode, want := range map[aws.RetryMode]bool{"": false, aws.RetryModeStandard: false, aws.RetryModeAdaptive: true} {
		retryer := Bounded(aws.Config{RetryMode: mode}).Retryer()
		if _, is := retryer.(*retry.AdaptiveMode); is != want || retryer.MaxAttempts() != maxAttempts {
			t.Errorf("mode %q: adaptive %v, %d attempts", mode, is, retryer.MaxAttempts())
		}
	}
}

// Marker is what the SDK makes of the name.
func TestRequestsCarryTheMarker(t *testing.T) {
	var agent string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { agent = r.UserAgent() }))
	defer server.Close()
	cfg := Bounded(aws.Config{Region: "eu-west-3", BaseEndpoint: &server.URL,
		Credentials: Static(aws.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: "secret"})})
	_, _ = sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	if !slices.Contains(strings.Fields(agent), Marker) {
		t.Errorf("requests are by %q", agent)
	}
}

func TestWrongEnvironmentIsNamedAtOnce(t *testing.T) {
	env := environmentOf(map[string]string{"AWS_ENDPOINT_URL": "localhost:5000", "AWS_SECRET_ACCESS_KEY": "secret"})
	FromEnvironment(env)
	err := env.Err()
	if !fault.HasCode(err, fault.ConfigurationError) {
		t.Fatal(err)
	}
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "SECRET") {
		t.Errorf("complains of what is right: %v", err)
	}
}

func environmentOf(variables map[string]string) *lambda.Environment {
	return lambda.From(func(name string) string { return variables[name] })
}

func TestAnAttemptEnds(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	_, err := newHTTPClient(50 * time.Millisecond).Get(server.URL)
	if why := network(err); why != "it took too long" {
		t.Errorf("%v: %q", err, why)
	}
}

func TestAnswersEnd(t *testing.T) {
	for size, want := range map[int]error{maxAnswer: nil, maxAnswer + 1: errTooLarge} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, size))
		}))
		answer, err := newHTTPClient(time.Minute).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
		_ = answer.Body.Close()
		server.Close()
	}
}

func TestNetworkProblems(t *testing.T) {
	for want, err := range map[string]error{
		"the function's time is over":                fmt.Errorf("wrapped: %w", &smithy.CanceledError{Err: context.Canceled}),
		"it took too long":                           context.DeadlineExceeded,
		"the host's name can't be resolved":          &net.DNSError{Err: "no such host", Name: "secret.example"},
		"the connection ended before the answer did": &smithy.DeserializationError{Err: io.ErrUnexpectedEOF},
		"the connection failed":                      &net.OpError{Op: "read", Err: errors.New("quoted secret")},
	} {
		if why := network(err); why != want {
			t.Errorf("%v: %q, want %q", err, why, want)
		}
	}
	for _, err := range []error{errors.New("something else"), &smithy.DeserializationError{Err: io.EOF}} {
		if why := network(err); why != "" {
			t.Errorf("%v is a network problem: %s", err, why)
		}
	}
}

func TestKeysInNamesAreMasked(t *testing.T) {
	if name := (Request{Action: "ssm:GetParameter",
		On: "/staged/AKIA0123456789ABCDEF"}).String(); name != "ssm:GetParameter (/staged/****CDEF)" {
		t.Error(name)
	}
}

// What neither service nor network explains proves nothing.
func TestAnythingElseProvesNothing(t *testing.T) {
	err := Request{Action: "iam:ListAccessKeys"}.Failed(errors.New("a secret"))
	if err.Code != fault.Unreachable || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestQuotesAreShortAndHarmless(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no\x00\n right for AKIA0123456789ABCDEF " +
		strings.Repeat("é", 1000)}
	err := Request{Action: "iam:ListAccessKeys"}.Failed(denied).Error()
	if !strings.Contains(err, "****CDEF") || strings.Contains(err, "AKIA") || len(err) > 1000 ||
		strings.Contains(err, "\n") {
		t.Error(err)
	}
	if err := (Request{Action: "ssm:PutParameter", Secret: true}).Failed(denied).Error(); strings.Contains(err,
		"right for") {
		t.Error(err)
	}
	if code := Code(&smithy.GenericAPIError{Code: "a sentence from a proxy"}); code != "" {
		t.Errorf("%q is taken for a code", code)
	}
}
