package stack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const rightsPage = "../../docs/rights.md"

// The page that a security team reads says what the template of the shipped
// configuration allows, neither more nor less.
func TestRightsPage(t *testing.T) {
	tpl, _ := shipped(t)
	got := rights(t, tpl)
	requireFile(t, rightsPage, got)
}

// inWords says what the resources of the template are.
var inWords = map[string]string{
	anyTarget:            "the targets' parameters",
	token:                "the parameter with Qovery's token",
	anyStaged:            "the staged secrets",
	noStaged:             "a staged secret that is never there",
	user:                 "the IAM user of each target",
	journal:              "the journal's table",
	memories:             "the audit's memory in the journal's table",
	anyExecution:         "executions of the state machine",
	anySchedule:          "the targets' schedules",
	machine:              "the state machine",
	"${notices}":         "the topic of the notices",
	"${undelivered.Arn}": "the queue of what was not delivered",
	"*":                  "`*`",
	"arn:aws:lambda:eu-west-3:123456789012:function:qovery-key-rotation-audit": "the function `audit`",
}

// rights writes the page.
func rights(t *testing.T, tpl template) []byte {
	t.Helper()
	var page bytes.Buffer
	page.WriteString(rightsIntroduction)
	for _, f := range functions {
		own := "log-group:/aws/lambda/" + named(f.name) + ":*"
		allowed := permissions(t, tpl.all("AWS::IAM::Role")[f.name+"role"])
		others := slices.DeleteFunc(slices.Clone(allowed), func(p string) bool {
			return strings.HasPrefix(p, "xray:Put") || strings.HasSuffix(p, own)
		})
		if len(allowed)-len(others) != 4 {
			t.Errorf("%s may write its logs and traces otherwise than the page says: %v", f.name, allowed)
		}
		writeRole(t, &page, "`"+f.name+"`: "+f.does, others)
	}
	for _, role := range []struct{ id, who string }{
		{"rotationrole", "The state machine"},
		{"schedulerrole", "The schedules of the targets"},
		{"auditschedulerrole", "The schedule of the audit"},
	} {
		writeRole(t, &page, role.who, permissions(t, tpl.all("AWS::IAM::Role")[role.id]))
	}
	page.WriteString("\n## Why there are wildcards\n\n| resource | why there is no narrower one |\n| --- | --- |\n")
	for _, on := range []resource{targetParameters, stagedSecrets, trailEvents, targetSchedules, executions, ownLogGroup} {
		fmt.Fprintf(&page, "| %s | %s |\n", on, whyWildcard[on])
	}
	fmt.Fprintf(&page, "| X-Ray's traces | %s |\n| the delivery of logs | %s |\n", whyTraces, whyLogDelivery)
	writeFates(&page, fates(t))
	fmt.Fprintf(&page, rightsOfPeople, policyJSON(t, reading), policyJSON(t, acting), policyJSON(t, repairing),
		policyJSON(t, removing))
	return page.Bytes()
}

// writeRole writes the rows of a role: a row for each resource, in the order of
// the policy.
func writeRole(t *testing.T, page *bytes.Buffer, who string, permissions []string) {
	t.Helper()
	var resources []string
	actionsOn := map[string][]string{}
	for _, permission := range permissions {
		action, arn, _ := strings.Cut(permission, " on ")
		words := inWords[arn]
		if name, isFunction := strings.CutSuffix(arn, ".Arn}"); words == "" && isFunction &&
			strings.HasPrefix(action, "lambda:") && (function{name: name[2:]}).isStep() {
			words = "the functions of its steps"
		}
		if words == "" {
			t.Errorf("%s may %s, for which the page has no words", who, permission)
		}
		if !slices.Contains(resources, words) {
			resources = append(resources, words)
		}
		if quoted := "`" + action + "`"; !slices.Contains(actionsOn[words], quoted) {
			actionsOn[words] = append(actionsOn[words], quoted)
		}
	}
	for _, words := range resources {
		fmt.Fprintf(page, "| %s | %s | %s |\n", who, strings.Join(actionsOn[words], ", "), words)
		who = ""
	}
}

const rightsIntroduction = `# Who may do what

What the template of the shipped example allows; ` + "`go test ./infra/stack`" + ` fails if this page
says something else, and ` + "`go test ./infra/stack -run Rights -update`" + ` writes it anew. There
are no other roles, no managed policies, and no statement that denies or excepts.

## The roles

Each function has a role of its own, which Lambda alone assumes; the roles of the state
machine and of the schedules are assumed by Step Functions and EventBridge Scheduler, for
this account only. Every function also may write its own logs (` + "`logs:CreateLogStream`" + `,
` + "`logs:PutLogEvents`" + ` on its log group) and hand in traces (` + "`xray:PutTraceSegments`" + `,
` + "`xray:PutTelemetryRecords`" + `).

With ` + "`customerKey`" + ` there is nothing to add to the roles: the key's policy lets whoever may
use the table, the topic, the queue and the parameters have it used for that by DynamoDB,
SNS, SQS and Parameter Store. CloudWatch Logs and EventBridge use it by themselves.

| role | may | on |
| --- | --- | --- |
`

const rightsOfPeople = `
## What people need

Put your region, account and stack's output ` + "`TableName`" + ` in place of
` + "`REGION`, `ACCOUNT` and `TABLE`" + `, and list the IAM users of your targets.
For ` + "`rotate status`, `history`, `watch` and" + `
` + "`report`" + `, which change nothing:

` + "```json\n%s\n```" + `

` + "`status`" + ` compares IAM with what Qovery holds, and proves what a rotation reads, only for
those who may also read the token. It says what it may not read, and goes on.
The token can change what Qovery deploys, so it is not among these rights.

For ` + "`rotate start`, `abort` and `release`" + `, in addition. Who starts and stops only needs
neither the token nor what follows it:

` + "```json\n%s\n```" + `

For what the [runbook](runbook.md) and the other pages have you type beside that, in
addition. These rights can create and delete access keys:

` + "```json\n%s\n```" + `

For [uninstalling](install.md#uninstalling), in addition to the roles of the CDK:

` + "```json\n%s\n```" + `
`

// The rights of people, as statements whose resources have places to fill in.
var (
	reading = []statement{
		{actions: actions("cloudformation:DescribeStacks"),
			resources: []string{"arn:aws:cloudformation:REGION:ACCOUNT:stack/qovery-key-rotation/*"}},
		{actions: actions("ssm:GetParameter", "ssm:GetParametersByPath"), resources: []string{
			"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/targets",
			"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/targets/*"}},
		{actions: actions("dynamodb:GetItem", "dynamodb:Query"),
			resources: []string{"arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE"}},
		{actions: actions("ssm:GetParameter"),
			resources: []string{"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/staged/nothing"}},
		{actions: actions("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"),
			resources: []string{"arn:aws:iam::ACCOUNT:user/qovery"}},
		{actions: actions("cloudtrail:LookupEvents"), resources: []string{"*"}},
		{actions: actions("states:ListExecutions"),
			resources: []string{"arn:aws:states:REGION:ACCOUNT:stateMachine:qovery-key-rotation"}},
		{actions: actions("states:DescribeExecution", "states:GetExecutionHistory"),
			resources: []string{"arn:aws:states:REGION:ACCOUNT:execution:qovery-key-rotation:*"}},
		{actions: actions("scheduler:GetSchedule"),
			resources: []string{"arn:aws:scheduler:REGION:ACCOUNT:schedule/qovery-key-rotation/*"}},
		{actions: actions("sns:ListSubscriptionsByTopic"),
			resources: []string{"arn:aws:sns:REGION:ACCOUNT:qovery-key-rotation-notices"}},
	}
	acting = []statement{
		{actions: actions("states:StartExecution"),
			resources: []string{"arn:aws:states:REGION:ACCOUNT:stateMachine:qovery-key-rotation"}},
		{actions: actions("states:StopExecution"),
			resources: []string{"arn:aws:states:REGION:ACCOUNT:execution:qovery-key-rotation:*"}},
		{actions: actions("ssm:GetParameter"),
			resources: []string{"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/qovery-token"}},
		{actions: actions("dynamodb:PutItem", "dynamodb:DeleteItem"),
			resources: []string{"arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE"}},
		{actions: actions("ssm:DeleteParameter"),
			resources: []string{"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/staged/*"}},
	}
	repairing = []statement{
		{actions: actions("iam:GetUser", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"),
			resources: []string{"arn:aws:iam::ACCOUNT:user/qovery"}},
		{actions: actions("states:RedriveExecution"),
			resources: []string{"arn:aws:states:REGION:ACCOUNT:execution:qovery-key-rotation:*"}},
		{actions: actions("ssm:PutParameter"),
			resources: []string{"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/qovery-token"}},
		{actions: actions("ssm:DescribeParameters"), resources: []string{"*"}},
		{actions: actions("logs:FilterLogEvents"),
			resources: []string{"arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/qovery-key-rotation-*"}},
		{actions: actions("lambda:InvokeFunction"),
			resources: []string{"arn:aws:lambda:REGION:ACCOUNT:function:qovery-key-rotation-audit"}},
		{actions: actions("sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:PurgeQueue"),
			resources: []string{"arn:aws:sqs:REGION:ACCOUNT:qovery-key-rotation-undelivered"}},
		{actions: actions("sns:ConfirmSubscription"),
			resources: []string{"arn:aws:sns:REGION:ACCOUNT:qovery-key-rotation-notices"}},
	}
	removing = []statement{
		{actions: actions("cloudformation:UpdateTerminationProtection"),
			resources: []string{"arn:aws:cloudformation:REGION:ACCOUNT:stack/qovery-key-rotation/*"}},
		{actions: actions("dynamodb:UpdateTable", "dynamodb:DeleteTable"),
			resources: []string{"arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE"}},
		{actions: actions("ssm:DeleteParameter"),
			resources: []string{"arn:aws:ssm:REGION:ACCOUNT:parameter/qovery-key-rotation/qovery-token"}},
		{actions: actions("kms:DescribeKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
			resources: []string{"arn:aws:kms:REGION:ACCOUNT:key/*"}},
	}
)

func policyJSON(t *testing.T, statements []statement) string {
	t.Helper()
	type allow struct {
		Effect   string
		Action   []string
		Resource []string
	}
	policy := struct {
		Version   string
		Statement []allow
	}{Version: "2012-10-17"}
	for _, s := range statements {
		policy.Statement = append(policy.Statement, allow{"Allow", s.actions, s.resources})
	}
	text, err := json.MarshalIndent(policy, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The people's policies have every action that the command line names, and those
// of the adapters that it shares with the functions; and no others.
func TestPeopleMayDoWhatTheCommandLineDoes(t *testing.T) {
	var granted []string
	for _, s := range slices.Concat(reading, acting) {
		granted = append(granted, s.actions...)
	}
	named := regexp.MustCompile(`"((?:cloudformation|cloudtrail|dynamodb|iam|scheduler|sns|ssm|states):[A-Z]\w+)"`)
	var needed []string
	for _, pattern := range []string{"internal/cli/*.go", "internal/aws/sfn/*.go", "internal/aws/trail/*.go",
		"internal/aws/table/*.go", "internal/aws/ssm/*.go", "internal/aws/scheduler/*.go", "internal/aws/sns/*.go"} {
		files, err := filepath.Glob("../../" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range named.FindAllSubmatch(source, -1) {
				needed = append(needed, string(match[1]))
			}
		}
	}
	// Nobody but createkey stages secrets, and a transaction needs the rights of
	// its parts, a PutItem and a DeleteItem. People use two actions of iamkeys.
	needed = slices.DeleteFunc(needed, func(action string) bool {
		return action == "ssm:PutParameter" || action == "sns:Publish" || action == "dynamodb:TransactWriteItems"
	})
	needed = append(needed, "dynamodb:DeleteItem", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed")
	for _, action := range needed {
		if !slices.Contains(granted, action) {
			t.Errorf("nobody is told that they need %s", action)
		}
	}
	for _, action := range granted {
		if !slices.Contains(needed, action) {
			t.Errorf("people are told to allow %s, which nothing calls", action)
		}
	}
}

// The policies name things as the template does.
func TestPoliciesOfPeopleNameWhatIsDeployed(t *testing.T) {
	tpl, _ := shipped(t)
	place := strings.NewReplacer("REGION", pseudo["AWS::Region"], "ACCOUNT", pseudo["AWS::AccountId"])
	deployed := []string{anyTarget, strings.TrimSuffix(anyTarget, "/*"), token, anyStaged, noStaged, user, anyExecution,
		anySchedule, machine}
	for _, s := range slices.Concat(reading, acting, repairing, removing) {
		for _, arn := range s.resources {
			switch name := arn[strings.LastIndex(arn, ":")+1:]; {
			case name == "table/TABLE", name == "stack/"+Name+"/*", name == "key/*", name == "*":
			case name == named(auditor), name == named("undelivered"), name == "/aws/lambda/"+Name+"-*":
			case name == tpl.one(t, "AWS::SNS::Topic").text("TopicName"):
			case !slices.Contains(deployed, place.Replace(arn)):
				t.Errorf("there is no %s", arn)
			}
		}
	}
}
