package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"qovery-key-rotation/internal/aws/awsclient"
)

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
