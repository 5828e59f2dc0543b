package cli

import (
	"errors"
	"os/exec"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation/fault"
)

const (
	chooseAnother = "choose another profile with --profile"
	logInFirst    = "Log in (for example: aws sso login), or choose a profile with --profile"
)

// noSession is why there are no credentials, by where the profile takes them from.
var noSession = map[aws.CredentialSource]problem{
	aws.CredentialSourceSSO:       noIdentityCenter,
	aws.CredentialSourceSSOLegacy: noIdentityCenter,
	aws.CredentialSourceLogin: {"There is no login session, or it is over", sameProfile + "aws login",
		ExitUnreached},
	aws.CredentialSourceProfileSTSWebIDToken: noWebToken,
	aws.CredentialSourceEnvVarsSTSWebIDToken: noWebToken,
}

const sameProfile = "Log in, with the same profile: "

var (
	noIdentityCenter = problem{"There is no session with IAM Identity Center, or it is over",
		sameProfile + "aws sso login", ExitUnreached}
	noWebToken = problem{"The web identity token can't be read",
		"Check web_identity_token_file and AWS_WEB_IDENTITY_TOKEN_FILE", ExitUnreached}
)

// noCredentials says why there are none, in words of its own: the SDK's quote what a
// provider has printed or stored, and that can be a secret. A service's refusal is as
// any other one.
func noCredentials(provider aws.CredentialsProvider, err error) error {
	var known *problem
	var process *processcreds.ProviderError
	var missing *credentials.StaticCredentialsEmptyError
	var call *smithy.OperationError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &process):
		return processProblem(err)
	case errors.As(err, &missing):
		return &problem{"The profile takes its credentials from the environment, which has none",
			"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or " + chooseAnother, ExitUnreached}
	case errors.As(err, &call) && slices.Contains([]string{"STS", "SSO", "SSO OIDC"}, call.Service()) &&
		!awsclient.Unsent(err):
		return refused(call, err)
	}
	if from, ok := provider.(aws.CredentialProviderSource); ok {
		for _, source := range from.ProviderSources() {
			if p, exists := noSession[source]; exists {
				return &p
			}
		}
	}
	return &problem{"There are no AWS credentials", logInFirst, ExitUnreached}
}

func processProblem(err error) *problem {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return &problem{"The profile's credential_process failed: " + ended.Error(),
			"Run it yourself, or " + chooseAnother, ExitUnreached}
	}
	return &problem{"The output of the profile's credential_process isn't what AWS documents", "Compare it with " +
		"https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html", ExitUnreached}
}

// refused is what a service said. Only requests for a role carry no secret.
func refused(call *smithy.OperationError, err error) *fault.Error {
	service := strings.ToLower(strings.ReplaceAll(call.Service(), " ", "-"))
	hasSecret := call.Operation() != "AssumeRole"
	failed := awsclient.Request{Action: service + ":" + call.Operation(), Secret: hasSecret}.Failed(err)
	if failed.Code == fault.MalformedAnswer {
		failed.Next = &fault.Advice{First: "Check the profile's settings, or " + chooseAnother}
	}
	return failed
}
