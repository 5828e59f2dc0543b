// Package awsclient is what the adapters to AWS have in common: how a client is
// configured from Lambda's environment (awsclient.go), what it lets over the
// wire (http.go), and what its errors mean to the domain (failure.go,
// network.go).
package awsclient

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"qovery-key-rotation/internal/lambda"
)

const (
	maxAttempts    = 4                // of a request that is safe to repeat
	maxBackoff     = 5 * time.Second  // between two of them
	attemptTimeout = 10 * time.Second // of one of them, its answer included
)

// appID is how the SDK's user agent names this system, and Marker is the word in
// which it does. Marker tells this system's own requests from others in
// CloudTrail.
const (
	appID  = "qovery-key-rotation"
	Marker = "app/" + appID
)

// FromEnvironment builds the configuration from the variables that Lambda gives
// a function. The SDK's own loader looks in files and asks instance metadata as
// well, which a function never needs and every cold start would pay for.
func FromEnvironment(env *lambda.Environment) aws.Config {
	credentials := aws.Credentials{
		AccessKeyID:     env.Required("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: env.Required("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    env.Optional("AWS_SESSION_TOKEN"),
		Source:          "Environment",
	}
	cfg := aws.Config{Region: env.Required("AWS_REGION"), Credentials: Static(credentials)}
	if endpoint := env.Optional("AWS_ENDPOINT_URL"); endpoint != "" {
		if !IsURL(endpoint) {
			env.Reject("AWS_ENDPOINT_URL", "isn't a URL such as https://host")
		}
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return Bounded(cfg)
}

// Bounded gives a configuration the limits that the adapters rely on: on the
// time of an attempt, the number of attempts and the size of an answer. It also
// gives it the system's name. What a person has configured stays: the authorities
// that the SDK's own client trusts, and the mode of trying again.
func Bounded(cfg aws.Config) aws.Config {
	client := newHTTPClient(attemptTimeout)
	client.Transport.(limited).TLSClientConfig = trusted(cfg.HTTPClient)
	cfg.AppID, cfg.HTTPClient = appID, client
	isAdaptive := cfg.RetryMode == aws.RetryModeAdaptive
	cfg.Retryer = func() aws.Retryer {
		if isAdaptive {
			return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
				o.StandardOptions = append(o.StandardOptions, limitRetries)
			})
		}
		return retry.NewStandard(limitRetries)
	}
	return cfg
}

// limitRetries also has a certificate that is not accepted not tried again.
func limitRetries(o *retry.StandardOptions) {
	o.MaxAttempts, o.MaxBackoff = maxAttempts, maxBackoff
	o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		var certificate *tls.CertificateVerificationError
		if errors.As(err, &certificate) {
			return aws.FalseTernary
		}
		return aws.UnknownTernary
	})}, o.Retryables...)
}

// trusted is whose certificates the SDK's own client trusts, which alone knows
// AWS_CA_BUNDLE and ca_bundle.
func trusted(client aws.HTTPClient) *tls.Config {
	if sdks, ok := client.(*awshttp.BuildableClient); ok {
		return sdks.GetTransport().TLSClientConfig
	}
	return nil
}

// Patient gives each attempt of a service's requests its own time.
func Patient(cfg aws.Config, attempt time.Duration) aws.Config {
	if client, ok := cfg.HTTPClient.(*http.Client); ok {
		patient := *client
		patient.Timeout = attempt
		cfg.HTTPClient = &patient
	}
	return cfg
}

// Static provides credentials that stay the same. Those of a function do: its
// process is replaced before they expire.
func Static(credentials aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })
}

// IsURL tells whether a text is a web address.
func IsURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != "" && (parsed.Scheme == "https" || parsed.Scheme == "http")
}
