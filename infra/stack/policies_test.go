package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the resources of the tables below are.
const (
	anyTarget    = "arn:aws:ssm:eu-west-3:123456789012:parameter/qovery-key-rotation/targets/*"
	token        = "arn:aws:ssm:eu-west-3:123456789012:parameter/qovery-key-rotation/qovery-token"
	noStaged     = "arn:aws:ssm:eu-west-3:123456789012:parameter/qovery-key-rotation/staged/nothing"
	anyStaged    = "arn:aws:ssm:eu-west-3:123456789012:parameter/qovery-key-rotation/staged/*"
	user         = "arn:aws:iam::123456789012:user/qovery"
	journal      = "${journal.Arn}"
	anyExecution = "arn:aws:states:eu-west-3:123456789012:execution:qovery-key-rotation:*"
	anySchedule  = "arn:aws:scheduler:eu-west-3:123456789012:schedule/qovery-key-rotation/*"
	machine      = "arn:aws:states:eu-west-3:123456789012:stateMachine:qovery-key-rotation"
)

// memories are the journal's items that are no records: what the audit has told.
const memories = journal + " if map[ForAllValues:StringLike:map[dynamodb:LeadingKeys:[target:*]] " +
	"Null:map[dynamodb:LeadingKeys:false]]"

// allowed is everything that the functions may do, beside writing their own logs
// and handing in traces.
var allowed = []struct{ function, action, resource string }{
	{"preflight", "ssm:GetParameter", anyTarget},
	{"preflight", "ssm:GetParameter", token},
	{"preflight", "ssm:GetParameter", anyStaged},
	{"preflight", "ssm:DeleteParameter", anyStaged},
	{"preflight", "iam:ListAccessKeys", user},
	{"preflight", "iam:GetAccessKeyLastUsed", user},
	{"preflight", "iam:ListAttachedUserPolicies", user},
	{"preflight", "dynamodb:GetItem", journal},
	{"preflight", "dynamodb:PutItem", journal},
	{"preflight", "dynamodb:DeleteItem", journal},
	{"preflight", "states:DescribeExecution", anyExecution},
	{"preflight", "cloudtrail:LookupEvents", "*"},

	{"createkey", "ssm:GetParameter", token},
	{"createkey", "ssm:GetParameter", anyStaged},
	{"createkey", "ssm:PutParameter", anyStaged},
	{"createkey", "ssm:DeleteParameter", anyStaged},
	{"createkey", "iam:ListAccessKeys", user},
	{"createkey", "iam:GetAccessKeyLastUsed", user},
	{"createkey", "iam:CreateAccessKey", user},
	{"createkey", "iam:DeleteAccessKey", user},
	{"createkey", "cloudtrail:LookupEvents", "*"},
	{"createkey", "dynamodb:GetItem", journal},
	{"createkey", "dynamodb:PutItem", journal},

	{"verifykey", "ssm:GetParameter", anyStaged},
	{"verifykey", "dynamodb:GetItem", journal},

	{"updatecredentials", "ssm:GetParameter", token},
	{"updatecredentials", "ssm:GetParameter", anyStaged},
	{"updatecredentials", "ssm:DeleteParameter", anyStaged},
	{"updatecredentials", "iam:ListAccessKeys", user},
	{"updatecredentials", "dynamodb:GetItem", journal},
	{"updatecredentials", "dynamodb:PutItem", journal},

	{"deployclusters", "ssm:GetParameter", token},
	{"deployclusters", "iam:ListAccessKeys", user},
	{"deployclusters", "iam:ListAttachedUserPolicies", user},
	{"deployclusters", "dynamodb:GetItem", journal},
	{"deployclusters", "dynamodb:PutItem", journal},

	{"checkusage", "iam:ListAccessKeys", user},
	{"checkusage", "iam:GetAccessKeyLastUsed", user},
	{"checkusage", "cloudtrail:LookupEvents", "*"},
	{"checkusage", "dynamodb:GetItem", journal},

	{"deactivatekey", "ssm:GetParameter", token},
	{"deactivatekey", "iam:ListAccessKeys", user},
	{"deactivatekey", "iam:ListAttachedUserPolicies", user},
	{"deactivatekey", "iam:UpdateAccessKey", user},
	{"deactivatekey", "dynamodb:GetItem", journal},
	{"deactivatekey", "dynamodb:PutItem", journal},

	{"deletekey", "ssm:GetParameter", token},
	{"deletekey", "iam:ListAccessKeys", user},
	{"deletekey", "iam:DeleteAccessKey", user},
	{"deletekey", "dynamodb:GetItem", journal},
	{"deletekey", "dynamodb:PutItem", journal},

	{"complete", "ssm:GetParameter", token},
	{"complete", "ssm:DeleteParameter", anyStaged},
	{"complete", "iam:ListAccessKeys", user},
	{"complete", "dynamodb:GetItem", journal},
	{"complete", "dynamodb:PutItem", journal},
	{"complete", "dynamodb:DeleteItem", journal},

	{"discardkey", "ssm:GetParameter", token},
	{"discardkey", "ssm:DeleteParameter", anyStaged},
	{"discardkey", "iam:ListAccessKeys", user},
	{"discardkey", "iam:GetAccessKeyLastUsed", user},
	{"discardkey", "iam:DeleteAccessKey", user},
	{"discardkey", "cloudtrail:LookupEvents", "*"},
	{"discardkey", "dynamodb:GetItem", journal},
	{"discardkey", "dynamodb:PutItem", journal},
	{"discardkey", "dynamodb:DeleteItem", journal},

	{"reactivatekey", "iam:ListAccessKeys", user},
	{"reactivatekey", "iam:UpdateAccessKey", user},
	{"reactivatekey", "dynamodb:GetItem", journal},
	{"reactivatekey", "dynamodb:PutItem", journal},

	{"notify", "ssm:GetParameter", anyTarget},
	{"notify", "iam:ListAccessKeys", user},
	{"notify", "dynamodb:GetItem", journal},
	{"notify", "dynamodb:Query", journal},
	{"notify", "sns:Publish", "${notices}"},
	{"notify", "sns:Publish", "${chat}"},
	{"notify", "events:PutEvents", "arn:aws:events:eu-west-3:123456789012:event-bus/default"},

	{"audit", "ssm:GetParameter", anyTarget},
	{"audit", "ssm:GetParameter", token},
	{"audit", "ssm:GetParameter", noStaged},
	{"audit", "cloudtrail:LookupEvents", "*"},
	{"audit", "iam:ListAccessKeys", user},
	{"audit", "iam:GetAccessKeyLastUsed", user},
	{"audit", "iam:ListAttachedUserPolicies", user},
	{"audit", "dynamodb:GetItem", journal},
	{"audit", "dynamodb:Query", journal},
	{"audit", "dynamodb:PutItem", memories},
	{"audit", "states:DescribeExecution", anyExecution},
	{"audit", "states:GetExecutionHistory", anyExecution},
	{"audit", "states:RedriveExecution", anyExecution},
	{"audit", "states:ListExecutions", machine},
	{"audit", "states:StartExecution", machine},
	{"audit", "scheduler:GetSchedule", anySchedule},
	{"audit", "sns:Publish", "${notices}"},
	{"audit", "sns:Publish", "${chat}"},
}

func TestFunctionsMayDoWhatTheTableSays(t *testing.T) {
	tpl, _ := shipped(t)
	want := map[string][]string{}
	for _, row := range allowed {
		want[row.function] = append(want[row.function], row.action+" on "+row.resource)
	}
	for _, f := range functions {
		logs := "arn:aws:logs:eu-west-3:123456789012:log-group:/aws/lambda/qovery-key-rotation-" + f.name + ":*"
		expected := append(want[f.name],
			"logs:CreateLogStream on "+logs, "logs:PutLogEvents on "+logs,
			"xray:PutTraceSegments on *", "xray:PutTelemetryRecords on *")
		function := tpl.all("AWS::Lambda::Function")[f.name]
		if role := function.text("Role"); role != "${"+f.name+"role.Arn}" {
			t.Errorf("%s has the role %s", f.name, role)
		}
		requireSame(t, f.name, permissions(t, tpl.all("AWS::IAM::Role")[f.name+"role"]), expected)
		delete(want, f.name)
	}
	for name := range want {
		t.Errorf("the table has a function %s, which the stack has not", name)
	}
}

func TestMachineMayInvokeItsFunctionsOnly(t *testing.T) {
	tpl, _ := shipped(t)
	var want []string
	for _, f := range functions {
		if f.isStep() {
			want = append(want, "lambda:InvokeFunction on ${"+f.name+".Arn}")
		}
	}
	for _, action := range []string{
		"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
		"logs:ListLogDeliveries",
		"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
		"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
	} {
		want = append(want, action+" on *")
	}
	requireSame(t, "rotation", permissions(t, tpl.all("AWS::IAM::Role")["rotationrole"]), want)
}

func TestSchedulesMayStartTheirsOnly(t *testing.T) {
	tpl, _ := shipped(t)
	requireSame(t, "schedules", permissions(t, tpl.all("AWS::IAM::Role")["schedulerrole"]),
		[]string{"states:StartExecution on " + machine, "sqs:SendMessage on ${undelivered.Arn}"})
	requireSame(t, "the audit's schedule", permissions(t, tpl.all("AWS::IAM::Role")["auditschedulerrole"]),
		[]string{"lambda:InvokeFunction on arn:aws:lambda:eu-west-3:123456789012:function:qovery-key-rotation-audit",
			"sqs:SendMessage on ${undelivered.Arn}"})
}

// Everything that is allowed stands in the roles that the tests above read:
// there are no further roles, policies or managed policies.
func TestNothingElseIsAllowed(t *testing.T) {
	tpl, _ := shipped(t)
	if roles := tpl.all("AWS::IAM::Role"); len(roles) != len(functions)+3 {
		t.Errorf("there are %d roles", len(roles))
	}
	for id, resource := range tpl.Resources {
		if strings.HasPrefix(resource.Type, "AWS::IAM::") && resource.Type != "AWS::IAM::Role" {
			t.Errorf("%s is a %s", id, resource.Type)
		}
		if resource.Properties["ManagedPolicyArns"] != nil {
			t.Errorf("%s has managed policies", id)
		}
	}
}

// A service that acts for a role does so for this account only, and for what needs it. (Lambda tells no
// account when it assumes the role of a function.)
func TestServicesActForThisAccountOnly(t *testing.T) {
	tpl, _ := shipped(t)
	const group = "scheduler:eu-west-3:123456789012:schedule-group/qovery-key-rotation"
	for id, want := range map[string][2]string{
		"rotationrole": {"states.amazonaws.com",
			"states:eu-west-3:123456789012:stateMachine:qovery-key-rotation"},
		"schedulerrole":      {"scheduler.amazonaws.com", group},
		"auditschedulerrole": {"scheduler.amazonaws.com", group},
	} {
		trust := fmt.Sprint(tpl.all("AWS::IAM::Role")[id].property("AssumeRolePolicyDocument.Statement"))
		if !strings.Contains(trust, "aws:SourceAccount:123456789012") || !strings.Contains(trust, want[0]) ||
			!strings.Contains(trust, "aws:SourceArn:arn:aws:"+want[1]) {
			t.Errorf("%s can be assumed by %s", id, trust)
		}
	}
}

// Wildcards in resources stand only where AWS gives no alternative, and each
// with its reason in the template.
func TestEveryWildcardHasAReason(t *testing.T) {
	tpl, _ := shipped(t)
	withoutResources := regexp.MustCompile(
		`^(xray:|cloudtrail:LookupEvents|logs:.*(LogDeliver|ResourcePolic|DescribeLogGroups))`)
	for id, role := range tpl.all("AWS::IAM::Role") {
		for _, permission := range permissions(t, role) {
			action, resource, _ := strings.Cut(permission, " on ")
			resource, _, _ = strings.Cut(resource, " if ")
			if strings.Contains(action, "*") {
				t.Errorf("%s may %s", id, action)
			}
			if !strings.Contains(resource, "*") {
				continue
			}
			if resource == "*" && !withoutResources.MatchString(action) {
				t.Errorf("%s may %s on everything", id, action)
			}
			if !hasReason(role, resource) {
				t.Errorf("%s may %s on %s, and no reason is given", id, action, resource)
			}
		}
	}
}

func hasReason(e entry, resource string) bool {
	nag, _ := e.Metadata["cdk_nag"].(map[string]any)
	rules, _ := nag["rules_to_suppress"].([]any)
	return slices.ContainsFunc(rules, func(rule any) bool {
		fields := rule.(map[string]any)
		pattern := fields["applies_to"].([]any)[0].(map[string]any)["regex"].(string)
		matches := regexp.MustCompile(strings.Trim(pattern, "/")).MatchString("Resource::" + resource)
		return matches && len(fields["reason"].(string)) > 60
	})
}

// permissions returns each action on each resource that a role allows, with its
// conditions.
func permissions(t *testing.T, role entry) []string {
	t.Helper()
	var found []string
	policies, _ := role.property("Policies").([]any)
	for _, policy := range policies {
		document := policy.(map[string]any)["PolicyDocument"].(map[string]any)
		for _, s := range document["Statement"].([]any) {
			statement := s.(map[string]any)
			if statement["Effect"] != "Allow" || statement["NotAction"] != nil || statement["NotResource"] != nil {
				t.Errorf("a statement that is not as plain as the others: %v", statement)
			}
			condition := ""
			if statement["Condition"] != nil {
				condition = fmt.Sprint(" if ", statement["Condition"])
			}
			for _, action := range list(statement["Action"]) {
				for _, resource := range list(statement["Resource"]) {
					found = append(found, action+" on "+resource+condition)
				}
			}
		}
	}
	return found
}

func requireSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s may %s, which the table does not have", what, g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s may not %s, which the table has", what, w)
		}
	}
}
