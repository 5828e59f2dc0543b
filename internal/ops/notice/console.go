package notice

import (
	"fmt"
	"net/url"
	"strings"
)

// consoles are the hosts of AWS's console in each partition, by region.
var consoles = map[string]string{
	"aws":        "%s.console.aws.amazon.com",
	"aws-cn":     "%s.console.amazonaws.cn",
	"aws-us-gov": "%s.console.amazonaws-us-gov.com",
}

// console is a page of AWS's console, or "" in a partition whose console this
// program does not know.
func console(arn, service, page string) string {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 || consoles[parts[1]] == "" {
		return ""
	}
	host, region := consoles[parts[1]], parts[3]
	return fmt.Sprintf("https://"+host+"/%s/home?region=%s#%s", region, service, region, page)
}

// ExecutionPage is the page of an execution in AWS's console, or "" in a partition
// whose console this program does not know.
func ExecutionPage(arn string) string {
	return console(arn, "states", "/v2/executions/details/"+arn)
}

func keysPage(arn, user string) string {
	return console(arn, "iam", "/users/details/"+url.PathEscape(user)+"?section=security_credentials")
}

func alarmPage(arn, name string) string {
	return console(arn, "cloudwatch", "alarmsV2:alarm/"+url.PathEscape(name))
}
