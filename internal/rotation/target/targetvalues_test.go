package target

import (
	"strings"
	"testing"
)

// What a service would refuse at deployment or on the day of a rotation is
// refused before: each row goes to the very border, from both sides.
func TestTargetKeepsTheServicesRules(t *testing.T) {
	long := func(n int) string { return strings.Repeat("p", n) }
	levels := func(n int) string { return strings.Repeat("/l", n) }
	const (
		reserved = `in any case; SSM keeps those for itself (for example "/qovery-key-rotation/qovery-token")`
		inPolicy = `has *, ? or {, which mean something else in the IAM policies that name the user (for example ` +
			`"/automation/")`
	)
	for _, test := range []struct{ change, want string }{
		{`name="0-a"`, ""},
		{`name="-a"`, `name: "-a" begins with -, which command lines take for an option (for example "production")`},
		{`name="-"`, `name: "-" begins with -`},

		{`iamUserPath="/` + long(510) + `/"`, ""},
		{`iamUserPath="/` + long(511) + `/"`, `" has 513 characters; IAM takes 512 (for example "/automation/")`},
		{`iamUserPath="/a//b/"`, ""},
		{`iamUserPath="/a\u007eb!/"`, ""},
		{`iamUserPath="/a b/"`, `iamUserPath: "/a b/" has characters other than ! to ~ (for example "/automation/")`},
		{`iamUserPath="/ä/"`, `iamUserPath: "/ä/" has characters other than ! to ~`},
		{`iamUserPath="/a\u007f/"`, `has characters other than ! to ~`},
		{`iamUserPath="/$a}/"`, ""},
		{`iamUserPath="/${aws:username}/"`, `iamUserPath: "/${aws:username}/" ` + inPolicy},
		{`iamUserPath="/{{resolve:ssm:a}}/"`, inPolicy},
		{`iamUserPath="/team-*/"`, inPolicy},
		{`iamUserPath="/team-?/"`, inPolicy},

		{`tokenParameter="/a/aws/ssm"`, ""},
		{`tokenParameter="/qovery-aws"`, ""},
		{`tokenParameter="/aws/qovery"`, `tokenParameter: "/aws/qovery" begins with aws ` + reserved},
		{`tokenParameter="/AWS-qovery"`, `tokenParameter: "/AWS-qovery" begins with aws ` + reserved},
		{`tokenParameter="/awsome/qovery"`, `begins with aws ` + reserved},
		{`tokenParameter="/ssm/qovery"`, `tokenParameter: "/ssm/qovery" begins with ssm ` + reserved},
		{`tokenParameter="/SsM"`, `begins with ssm ` + reserved},
		{`tokenParameter="` + levels(15) + `"`, ""},
		{`tokenParameter="` + levels(16) + `"`, `/l" has 16 levels; SSM takes 15 (for example ` +
			`"/qovery-key-rotation/qovery-token")`},
		{`tokenParameter="//a"`, `is no SSM parameter name that begins with a slash`},
		{`tokenParameter="/qovery-key-rotation/staged"`, ""},
		{`tokenParameter="/qovery-key-rotation/staged/token"`,
			`lies under /qovery-key-rotation/staged/, where other things are kept`},
		{`tokenParameter="/qovery-key-rotation/targets/token"`,
			`lies under /qovery-key-rotation/targets/, where other things are kept`},

		{`region="us-gov-west-1"`, `region: "us-gov-west-1" is no region of the partition aws`},
		{`region="eusc-de-east-1"`, `region: "eusc-de-east-1" is no region of the partition aws`},
		{`region="eu-west-3a"`, `region: "eu-west-3a" is no region of the partition aws`},
		{`region="eu-west-99"`, `is no region of the partition aws`},
		{`region="us-east-0"`, `is no region of the partition aws`},
		{`region="us-east-01"`, `is no region of the partition aws`},
		{`account="000000000000"`, `account: "000000000000" is no account of AWS`},
		{`account="000000000001"`, ""},
		{`account="12345678901"`, `is not twelve digits`},
		{`region="eu-west"`, `is no region of the partition aws`},
		{`region="xx-west-1"`, `is no region of the partition aws`},
		{`region="ap-southeast-7"`, ""},
		{`region="mx-central-1"`, ""},
	} {
		t.Run(test.change, func(t *testing.T) { wantMistake(t, parseError(configured(t, test.change)), test.want) })
	}
}

// SSM counts the ARN that comes before a parameter's name. Of a region that is
// not known yet the longest one counts.
func TestTokenParameterLeavesRoomForItsARN(t *testing.T) {
	for region, longest := range map[string]int{"us-east-2": 1011 - 44, "ap-southeast-1": 1011 - 49, "": 1011 - 49} {
		named := func(n int) []string {
			return []string{`region="` + region + `"`, `tokenParameter="/` + strings.Repeat("n", n-1) + `"`}
		}
		wantMistake(t, parseError(configured(t, named(longest)...)), "")
		wantMistake(t, parseError(configured(t, named(longest+1)...)),
			`with its ARN has 1012 characters; SSM takes 1011 (for example "/qovery-key-rotation/qovery-token")`)
	}
}
