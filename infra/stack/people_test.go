package stack

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/test/awstest"
)

// awsCommands is what each command of AWS's command line that the pages have people
// type asks for, and on what.
var awsCommands = map[string]struct{ action, resource string }{
	"cloudformation describe-stacks":               {"cloudformation:DescribeStacks", ofStack},
	"cloudformation update-termination-protection": {"cloudformation:UpdateTerminationProtection", ofStack},
	"cloudtrail lookup-events":                     {"cloudtrail:LookupEvents", "*"},
	"dynamodb delete-table":                        {"dynamodb:DeleteTable", ofTable},
	"dynamodb get-item":                            {"dynamodb:GetItem", ofTable},
	"dynamodb update-table":                        {"dynamodb:UpdateTable", ofTable},
	"iam create-access-key":                        {"iam:CreateAccessKey", user},
	"iam delete-access-key":                        {"iam:DeleteAccessKey", user},
	"iam detach-user-policy":                       {"iam:DetachUserPolicy", user},
	"iam get-access-key-last-used":                 {"iam:GetAccessKeyLastUsed", user},
	"iam get-user":                                 {"iam:GetUser", user},
	"iam list-attached-user-policies":              {"iam:ListAttachedUserPolicies", user},
	"iam list-access-keys":                         {"iam:ListAccessKeys", user},
	"iam update-access-key":                        {"iam:UpdateAccessKey", user},
	"kms cancel-key-deletion":                      {"kms:CancelKeyDeletion", ofKey},
	"kms describe-key":                             {"kms:DescribeKey", ofKey},
	"kms schedule-key-deletion":                    {"kms:ScheduleKeyDeletion", ofKey},
	"lambda invoke":                                {"lambda:InvokeFunction", ofAudit},
	"logs tail":                                    {"logs:FilterLogEvents", ofLogs},
	"sns subscribe":                                {"sns:Subscribe", ofTopic},
	"sns confirm-subscription":                     {"sns:ConfirmSubscription", ofTopic},
	"sqs get-queue-url":                            {"sqs:GetQueueUrl", ofQueue},
	"sqs purge-queue":                              {"sqs:PurgeQueue", ofQueue},
	"sqs receive-message":                          {"sqs:ReceiveMessage", ofQueue},
	"ssm delete-parameter":                         {"ssm:DeleteParameter", ofParameter},
	"ssm describe-parameters":                      {"ssm:DescribeParameters", "*"},
	"ssm get-parameters-by-path":                   {"ssm:GetParametersByPath", ofParameter},
	"ssm put-parameter":                            {"ssm:PutParameter", ofParameter},
	"stepfunctions redrive-execution":              {"states:RedriveExecution", ofExecution},
	"stepfunctions start-execution":                {"states:StartExecution", machine},
	"stepfunctions stop-execution":                 {"states:StopExecution", ofExecution},
}

const (
	ofStack = "arn:aws:cloudformation:eu-west-3:123456789012:stack/qovery-key-rotation/1"
	ofTable = "arn:aws:dynamodb:eu-west-3:123456789012:table/TABLE"
	ofKey   = "arn:aws:kms:eu-west-3:123456789012:key/1"
	ofAudit = "arn:aws:lambda:eu-west-3:123456789012:function:qovery-key-rotation-audit"
	// These two end with the name that the command has.
	ofLogs      = "arn:aws:logs:eu-west-3:123456789012:log-group:"
	ofParameter = "arn:aws:ssm:eu-west-3:123456789012:parameter"
	ofQueue     = "arn:aws:sqs:eu-west-3:123456789012:qovery-key-rotation-undelivered"
	ofTopic     = "arn:aws:sns:eu-west-3:123456789012:qovery-key-rotation-notices"
	ofExecution = "arn:aws:states:eu-west-3:123456789012:execution:qovery-key-rotation:1"
)

var (
	awsCommand = regexp.MustCompile("\\baws ([a-z]+ [a-z]+(?:-[a-z]+)*)([^`\n]*)")
	// commandName is the name of the parameter or log group that a command is about.
	commandName = regexp.MustCompile(`(?:--name|--path|^) (/\S+)`)
)

// Whatever the pages have people type, one of the policies of docs/rights.md allows.
// CloudTrail's events are in the region where something happened: there a command
// names the region, everywhere else it is the stack's.
func TestPoliciesAllowWhatThePagesSay(t *testing.T) {
	judge := policyJudge(t)
	statements := slices.Concat(policiesOfPeople(t)...)
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range awsCommand.FindAllStringSubmatch(string(text), -1) {
			needs, known := awsCommands[command[1]]
			if !known {
				t.Errorf("%s: what %q needs is not known", filepath.Base(page), command[0])
				continue
			}
			said[command[1]] = true
			need := awstest.Need{Action: needs.action, Resource: needs.resource}
			if need.Action == "cloudtrail:LookupEvents" && !strings.Contains(command[2], " --region ") {
				t.Errorf("%s: %q names no region", filepath.Base(page), command[0])
			}
			if name := commandName.FindStringSubmatch(command[2]); name != nil {
				need.Resource += strings.TrimSuffix(name[1], "/")
			}
			allowed, err := judge.Allow("arn:aws:iam::123456789012:user/person", statements, need)
			if err != nil || !allowed {
				t.Errorf("%s: no policy allows %q, %s on %s (%v)", filepath.Base(page), command[0], need.Action, need.Resource, err)
			}
		}
	}
	for command := range awsCommands {
		if !said[command] {
			t.Errorf("no page says 'aws %s'", command)
		}
	}
}
