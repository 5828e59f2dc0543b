package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go/logging"

	"qovery-key-rotation/internal/aws/awsclient"
)

// logIn finds the region, the credentials and everything else where AWS's own
// command line finds them. The SDK's remarks are nothing for the person at the
// terminal.
func (p Program) logIn(ctx context.Context, f *stackFlags) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithSharedConfigProfile(f.profile),
		config.WithLogger(logging.Nop{}),
		config.WithAssumeRoleCredentialOptions(p.assumeRole(ctx)),
	}
	if f.region != "" {
		options = append(options, config.WithRegion(f.region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, unreadable(err)
	}
	if cfg.Region == "" {
		return cfg, &problem{"No AWS region is set", "Give --region, or set AWS_REGION", ExitUsage}
	}
	if err := checkSettings(cfg); err != nil {
		return cfg, err
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		if ctx.Err() != nil {
			return cfg, ctx.Err()
		}
		return cfg, noCredentials(cfg.Credentials, err)
	}
	return awsclient.Bounded(cfg), nil
}

// firstLine keeps an error of the SDK's, which may go on for a page, to what
// fits into a sentence.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimRight(line, ". ")
}

// assumeRole has a profile's role assumed as AWS's own command line does: for an
// hour, where the SDK would ask for the next MFA code after fifteen minutes.
func (p Program) assumeRole(ctx context.Context) func(*stscreds.AssumeRoleOptions) {
	return func(o *stscreds.AssumeRoleOptions) {
		if o.Duration == 0 {
			o.Duration = time.Hour
		}
		device := aws.ToString(o.SerialNumber)
		o.TokenProvider = func() (string, error) { return p.mfaCode(ctx, device) }
	}
}

// mfaCode asks for the code that an MFA device shows.
func (p Program) mfaCode(ctx context.Context, device string) (string, error) {
	if !isTerminal(p.In) || !isTerminal(p.Err) {
		return "", &problem{"The profile needs an MFA code, and there is no terminal to ask for it",
			`On one, log in first: eval "$(aws configure export-credentials --profile NAME --format env)". ` +
				"Then try again there, without --profile and AWS_PROFILE", ExitUnreached}
	}
	code, err := p.ask(ctx, fmt.Sprintf("MFA code for %s: ", device))
	if err != nil {
		return "", err
	}
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return "", &problem{"An MFA code has six digits", "Try again with the code that the device shows", ExitUsage}
	}
	return code, nil
}

// unreadable says why the SDK can't read the configuration.
func unreadable(err error) *problem {
	var unknown config.SharedConfigProfileNotExistError
	var source config.SharedConfigAssumeRoleError
	what := "The AWS configuration cannot be read: " + firstLine(err)
	switch {
	case errors.As(err, &source):
		what = fmt.Sprintf("The source_profile %s doesn't exist, has no credentials, or leads back to the role",
			source.Profile)
	case errors.As(err, &unknown):
		return &problem{"There is no AWS profile " + unknown.Profile, "To list them: aws configure list-profiles",
			ExitUnreached}
	}
	for _, setting := range settings {
		if strings.Contains(err.Error(), setting.named) {
			what = setting.wrong
		}
	}
	return &problem{what, "Check the variables AWS_*, --profile and ~/.aws/config", ExitUnreached}
}

// settings are known by the SDK's words alone, which have no type. Nothing but ours
// depends on them.
var settings = []struct{ named, wrong string }{
	{"partial credentials", "The profile has the id of an access key without its secret, or the secret without the id"},
	{"RetryMode", "AWS_RETRY_MODE, or the profile's retry_mode, is neither standard nor adaptive"},
	{"AWS_MAX_ATTEMPTS", "AWS_MAX_ATTEMPTS isn't a whole number"},
	{"max_attempts", "The profile's max_attempts isn't a whole number"},
}

var region = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)

// checkSettings finds what would look like a network that fails. A proxy's address is
// not quoted, because it may have a password.
func checkSettings(cfg aws.Config) error {
	check := ""
	aProxy := []string{"http", "https", "socks5", "socks5h"}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: "amazonaws.com"}})
	switch endpoint := aws.ToString(cfg.BaseEndpoint); {
	case !region.MatchString(cfg.Region):
		return &problem{fmt.Sprintf("%q isn't the name of an AWS region", cfg.Region),
			"Correct --region, AWS_REGION or the profile's region, for example to eu-west-3", ExitUsage}
	case endpoint != "" && !awsclient.IsURL(endpoint):
		check = "AWS_ENDPOINT_URL, or the profile's endpoint_url, isn't an address such as https://host"
	case err != nil, proxy != nil && !slices.Contains(aProxy, proxy.Scheme):
		check = "HTTPS_PROXY isn't the address of a proxy, such as http://host:3128"
	default:
		return nil
	}
	return &problem{check, "Correct or unset it", ExitUsage}
}
