// Package awstest is AWS on this machine. Tests of one function have Lambda's
// Runtime API (lambdatest.go). Those of the whole have Lambda (lambdahost.go)
// and an engine for state machines (motoengine.go) behind a gateway
// (gateway.go), what of the synthesized template they run (template.go), and a
// clock that all of them share (virtualtime.go).
//
// Tests of the adapters talk to two servers: the moto server for what a service
// does when all is well (motoengine.go), and a server of the test's own for what has
// to be forced (server.go). Both are on this machine.
package awstest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/lambda"
)

// Region is where the tests are.
const Region = "eu-west-3"

// Environment is Lambda's, with an endpoint of the test's own.
func Environment(endpoint string) map[string]string {
	return map[string]string{
		"AWS_REGION":            Region,
		"AWS_ACCESS_KEY_ID":     "ASIAFUNCTIONSROLE0001",
		"AWS_SECRET_ACCESS_KEY": "the-functions-own-secret",
		"AWS_SESSION_TOKEN":     "the-functions-own-session",
		"AWS_ENDPOINT_URL":      endpoint,
	}
}

// Config is the configuration that a function would have at the endpoint, but
// that it does not wait long before it tries again.
func Config(endpoint string) aws.Config {
	variables := Environment(endpoint)
	cfg := awsclient.FromEnvironment(lambda.From(func(name string) string { return variables[name] }))
	patient := cfg.Retryer
	cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(patient(), time.Millisecond) }
	return cfg
}
