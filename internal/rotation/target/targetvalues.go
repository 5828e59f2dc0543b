package target

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// What AWS takes as the values of a target, and what this system makes of them.
// Each function says what is wrong with a value, or nothing.

// Where the functions look for targets, and keep secrets on their way.
const (
	Prefix       = "/qovery-key-rotation/targets/"
	StagedPrefix = "/qovery-key-rotation/staged/"
)

var (
	namePattern      = onFirstUse(`^[a-z0-9-]{1,32}$`)
	userPattern      = onFirstUse(`^[\w+=,.@-]{1,64}$`)
	uuidPattern      = onFirstUse(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	accountPattern   = onFirstUse(`^([0-9]{12})?$`)
	printablePattern = onFirstUse(`^[!-~]*$`)
	parameterPattern = onFirstUse(`^(/[A-Za-z0-9_.-]+)+$`)
	regionPattern    = onFirstUse(`^((us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[1-9])?$`)
	startPattern     = onFirstUse(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
)

// nameProblem also keeps names apart from the options of command lines.
func nameProblem(name string) string {
	switch {
	case !namePattern().MatchString(name):
		return "is not 1 to 32 characters of a-z, 0-9 and -"
	case strings.HasPrefix(name, "-"):
		return "begins with -, which command lines take for an option"
	}
	return ""
}

// IsName tells whether a target may be called so.
func IsName(name string) bool { return nameProblem(name) == "" }

func userNameProblem(name string) string {
	return unless(userPattern().MatchString(name), "is no IAM user name")
}

// IsUUID tells whether an id is one as Qovery gives them.
func IsUUID(id string) bool { return uuidPattern().MatchString(id) }

func uuidProblem(id string) string { return unless(IsUUID(id), "is no UUID") }

func accountProblem(account string) string {
	if account == "000000000000" {
		return "is no account of AWS"
	}
	return unless(accountPattern().MatchString(account), "is not twelve digits")
}

// startAtProblem is stricter than Go, which takes commas, single digits and offsets
// of days.
func startAtProblem(at string) string {
	_, err := time.Parse(time.RFC3339, at)
	return unless(err == nil && startPattern().MatchString(at), "is no RFC 3339 time with offset")
}

func unless(right bool, problem string) string {
	if right {
		return ""
	}
	return problem
}

// KeyAgeLimitProblem is about the age in days at which a key is too old: the
// shortest schedule and a rotation, to a year and a bit.
func KeyAgeLimitProblem(days int) string {
	const least, most = 10, 400
	return unless(days >= least && days <= most, fmt.Sprintf("is not %d to %d", least, most))
}

// userPathProblem keeps IAM's rule, and to what means itself in a policy: the
// functions' rights name the user by its ARN.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func userPathProblem(path string) string {
	const longest = 512
	switch {
	case !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/") || path == "//":
		return "does not begin and end with a slash"
	case len(path) > longest:
		return fmt.Sprintf("has %d characters; IAM takes %d", len(path), longest)
	case !printablePattern().MatchString(path):
		return "has characters other than ! to ~"
	case strings.ContainsAny(path, "*?{"):
		return "has *, ? or {, which mean something else in the IAM policies that name the user"
	}
	return ""
}

// SecretParameterProblem keeps SSM's rules, and secrets of operators away from what functions
// may read or delete that have nothing to do with them. SSM counts the ARN in
// front of a name; of a region that isn't known yet the longest one counts.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html
func SecretParameterProblem(name, region string) string {
	const longest, deepest = 1011, 15
	arn := "arn:aws:ssm:" + cmp.Or(region, "ap-southeast-1") + ":123456789012:parameter" + name
	switch levels := strings.Count(name, "/"); {
	case !parameterPattern().MatchString(name):
		return "is no SSM parameter name that begins with a slash"
	case len(arn) > longest:
		return fmt.Sprintf("with its ARN has %d characters; SSM takes %d", len(arn), longest)
	case levels > deepest:
		return fmt.Sprintf("has %d levels; SSM takes %d", levels, deepest)
	}
	for _, reserved := range []string{"aws", "ssm"} {
		if strings.HasPrefix(strings.ToLower(name), "/"+reserved) {
			return "begins with " + reserved + " in any case; SSM keeps those for itself"
		}
	}
	for _, prefix := range []string{Prefix, StagedPrefix} {
		if strings.HasPrefix(name, prefix) {
			return "lies under " + prefix + ", where other things are kept"
		}
	}
	return ""
}

// RegionProblem keeps to the partition whose regions are called so, by the AWS
// SDKs' own data. Elsewhere a rotation would ask a region that its account doesn't
// have, and never know whether the old key is still used.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
func RegionProblem(region string) string {
	return unless(regionPattern().MatchString(region),
		"is no region of the partition aws. GovCloud, China, the European Sovereign Cloud and the isolated regions aren't "+
			"supported: "+
			"whether the old key is still used is looked up in us-east-1, where CloudTrail has the events of IAM")
}

// onFirstUse compiles an expression when it is first used: a function that uses
// none need not wait for all at its start. A wrong one panics only then, so that
// every expression needs a test that uses it.
func onFirstUse(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
