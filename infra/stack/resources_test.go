package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

func TestMachine(t *testing.T) {
	tpl, _ := shipped(t)
	machine := tpl.one(t, "AWS::StepFunctions::StateMachine")
	for path, want := range map[string]any{
		"StateMachineName":                          "qovery-key-rotation",
		"StateMachineType":                          "STANDARD",
		"LoggingConfiguration.Level":                "ALL",
		"LoggingConfiguration.IncludeExecutionData": false,
		"TracingConfiguration.Enabled":              true,
		"RoleArn":                                   "${rotationrole.Arn}",
	} {
		if got := machine.property(path); got != want {
			t.Errorf("%s is %v, not %v", path, got, want)
		}
	}
}

func TestJournalStays(t *testing.T) {
	tpl, _ := shipped(t)
	journal := tpl.one(t, "AWS::DynamoDB::Table")
	if journal.DeletionPolicy != "Retain" {
		t.Errorf("the deletion policy is %s", journal.DeletionPolicy)
	}
	keys := fmt.Sprint(journal.property("KeySchema"))
	if keys != "[map[AttributeName:iamUser KeyType:HASH] map[AttributeName:record KeyType:RANGE]]" {
		t.Errorf("the key is %s", keys)
	}
	for path, want := range map[string]any{
		"BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true, "SSESpecification.SSEEnabled": true,
		"PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled": true,
	} {
		if got := journal.property(path); got != want {
			t.Errorf("%s is %v, not %v", path, got, want)
		}
	}
}

// A target's parameter is what Preflight parses, with the account and the region
// that it is deployed to.
func TestTargetParametersParse(t *testing.T) {
	tpl, _ := shipped(t)
	parameter := tpl.one(t, "AWS::SSM::Parameter")
	if name := parameter.text("Name"); name != "/qovery-key-rotation/targets/production" {
		t.Errorf("the parameter is called %s", name)
	}
	target, err := target.Parse([]byte(parameter.text("Value")))
	if err != nil {
		t.Fatal(err)
	}
	if target.Name != "production" || target.Account != "123456789012" || target.Region != "eu-west-3" {
		t.Errorf("the target is %+v", target)
	}
}

func TestTopicAndQueueAreEncrypted(t *testing.T) {
	tpl, _ := shipped(t)
	for name, topic := range tpl.all("AWS::SNS::Topic") {
		if key := topic.text("KmsMasterKeyId"); key != "alias/aws/sns" {
			t.Errorf("the topic %s is encrypted with %q", name, key)
		}
	}
	if tpl.one(t, "AWS::SQS::Queue").property("SqsManagedSseEnabled") != true {
		t.Error("the queue is not encrypted")
	}
	for _, kind := range []string{"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"} {
		for _, policy := range tpl.all(kind) {
			if !strings.Contains(fmt.Sprint(policy.Properties), "aws:SecureTransport:false") {
				t.Errorf("%s does not insist on TLS", kind)
			}
		}
	}
	subscription := tpl.one(t, "AWS::SNS::Subscription")
	if subscription.text("Protocol") != "email" || subscription.text("Endpoint") != "platform@example.com" {
		t.Errorf("the subscription is %v", subscription.Properties)
	}
}

// A target's address gets the notices about it alone, an address of all targets everything,
// and each is subscribed once. Webhooks are read where messages are sent, and there alone.
func TestNoticesOfATeam(t *testing.T) {
	tpl := synthesize(t, `{"alertEmails": ["all@company.example"], "slackWebhookParameter": "/hooks/slack", "targets": [`+
		targetJSON("one", "u1", `"alertEmails": ["team@company.example", "ALL@company.example"]`)+","+
		targetJSON("two", "u2", `"alertEmails": ["team@company.example"]`)+`]}`, config.Environment{}, today).templates[Name]
	var got []string
	for _, s := range tpl.all("AWS::SNS::Subscription") {
		got = append(got, fmt.Sprint(s.text("Endpoint"), " ", s.Properties["FilterPolicy"], " ", s.property("TopicArn")))
	}
	slices.Sort(got)
	requireSame(t, "subscriptions", got, []string{"all@company.example <nil> ${notices}",
		"team@company.example map[target:[one two]] ${notices}"})
	for _, f := range functions {
		allowed := fmt.Sprint(permissions(t, tpl.all("AWS::IAM::Role")[f.name+"role"]))
		reads := strings.Contains(allowed, ":parameter/hooks/slack")
		if sends := f.name == notify || f.name == auditor; reads != sends {
			t.Errorf("%s may read the webhook: %t", f.name, reads)
		}
	}
	if fmt.Sprint(tpl.Outputs["WebhookParameters"].Value) != "/hooks/slack" ||
		!strings.Contains(fmt.Sprint(tpl.Outputs["PutWebhook"].Value), " --name /hooks/slack --type SecureString ") {
		t.Errorf("outputs %v", tpl.Outputs)
	}
}

// Executions that end and alarms that ring reach notify; what it fails on goes
// to the topic as it is.
func TestNoticesReachPeople(t *testing.T) {
	tpl := withAll(t)
	rules := tpl.all("AWS::Events::Rule")
	for name, rule := range rules {
		targets := fmt.Sprint(rule.property("Targets"))
		if !strings.Contains(targets, "${notify.Arn}") || !strings.Contains(targets, "${undelivered.Arn}") ||
			rule.text("Description") == "" {
			t.Errorf("%s goes to %s", name, targets)
		}
	}
	if got := fmt.Sprint(rules["ruleexecutions"].property(
		"EventPattern.detail")); got != `map[stateMachineArn:[${rotation}]]` {
		t.Errorf("executions: %s", got)
	}
	if got := fmt.Sprint(rules["ruleexposures"].property("EventPattern.detail")); got !=
		"map[eventTypeCode:[AWS_RISK_CREDENTIALS_COMPROMISED AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED "+
			"AWS_RISK_CREDENTIALS_EXPOSED AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED]]" {
		t.Errorf("keys in public: %s", got)
	}
	page, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range notice.Risks() {
		if !strings.Contains(string(page), `"`+code+`"`) {
			t.Errorf("the rule in docs/operating.md does not have %s", code)
		}
	}
	listened := fmt.Sprint(rules["rulealarms"].property("EventPattern.resources"))
	for name, alarm := range tpl.all("AWS::CloudWatch::Alarm") {
		if !strings.Contains(listened, "${"+name+".Arn}") {
			t.Errorf("nobody hears of the alarm %s", name)
		}
		if alarm.text("AlarmDescription") == "" || !strings.HasPrefix(alarm.text("AlarmName"), "qovery-key-rotation-") {
			t.Errorf("%s has no name or description", name)
		}
	}
	if got := tpl.one(t,
		"AWS::Lambda::EventInvokeConfig").text("DestinationConfig.OnFailure.Destination"); got != "${notices}" {
		t.Errorf("what notify fails on goes to %q", got)
	}
}

// What each alarm and dashboard costs a month is asked for: by default there are the
// alarms on what nothing else reports.
func TestTheDefaultIsCheap(t *testing.T) {
	tpl, _ := shipped(t)
	alarms := slices.Sorted(maps.Keys(tpl.all("AWS::CloudWatch::Alarm")))
	if want := []string{"alarmauditmissing", "alarmundelivered"}; !slices.Equal(alarms, want) {
		t.Errorf("there are the alarms %v", alarms)
	}
	if len(tpl.all("AWS::CloudWatch::Dashboard")) > 0 {
		t.Error("there is a dashboard")
	}
}

// The tags of the configuration are on all that has tags; the stack is protected.
func TestTagsAndProtection(t *testing.T) {
	out, tagged := 0, 0
	for id, file := range extended(t).files {
		for _, resource := range extended(t).templates[id].Resources {
			if tags := fmt.Sprint(resource.Properties["Tags"]); strings.Contains(tags, "application") {
				out++
				tagged += strings.Count(tags, "cost-center")
			}
		}
		manifest, err := os.ReadFile(filepath.Join(filepath.Dir(file), "manifest.json"))
		if err != nil || !strings.Contains(string(manifest), `"terminationProtection": true`) {
			t.Errorf("the stack is not protected (%v)", err)
		}
	}
	if out < 20 || tagged != out {
		t.Errorf("%d of %d resources have the tag", tagged, out)
	}
}

func TestAlarms(t *testing.T) {
	tpl := withAll(t)
	alarms := tpl.all("AWS::CloudWatch::Alarm")
	for name, metric := range map[string]string{
		"alarmundelivered": "ApproximateNumberOfMessagesVisible", "alarmthrottled": "ExecutionThrottled",
		"alarmwaiting": "Errors", "alarmnoticesfailing": "Errors",
	} {
		if got := alarms[name].text("MetricName"); got != metric {
			t.Errorf("%s looks at %q", name, got)
		}
	}
	for name, alarm := range alarms {
		if alarm.text("MetricName") == "" {
			t.Errorf("%s watches several metrics, each of which is billed", name)
		}
	}
}

// The alarms on what the audit finds look at the metrics that it writes, keep
// their state between two audits, and one rings when no audit comes.
func TestAuditAlarms(t *testing.T) {
	tpl := withAll(t)
	alarms := tpl.all("AWS::CloudWatch::Alarm")
	for name, want := range map[string]struct {
		metric, missing, comparison string
		threshold, periods          float64
	}{
		"alarmkeytooold":    {audit.KeyAge, "ignore", "GreaterThanOrEqualToThreshold", 97, 1},
		"alarmdrift":        {audit.Drift, "ignore", "GreaterThanOrEqualToThreshold", 1, 1},
		"alarmleftoverkey":  {audit.LeftoverKeys, "ignore", "GreaterThanOrEqualToThreshold", 1, 1},
		"alarmauditmissing": {audit.Audited, "breaching", "LessThanThreshold", 1, 2},
	} {
		for path, value := range map[string]any{
			"Namespace": lambda.Namespace, "MetricName": want.metric, "Dimensions": nil, "Statistic": "Maximum",
			"Period":           86400.0,
			"TreatMissingData": want.missing, "ComparisonOperator": want.comparison, "Threshold": want.threshold,
			"EvaluationPeriods": want.periods,
		} {
			if got := alarms[name].property(path); got != value {
				t.Errorf("%s: %s is %v, not %v", name, path, got, value)
			}
		}
	}
}

// From its creation to the first audit the alarm on missing audits rings, and
// nobody hears of that; of its ringing later, and of all other alarms, people do.
func TestOnlyAuditsThatStoppedAreToldOf(t *testing.T) {
	tpl, _ := shipped(t)
	pattern := tpl.all("AWS::Events::Rule")["rulealarms"].property("EventPattern.detail")
	want := "map[$or:[map[alarmName:[map[anything-but:[qovery-key-rotation-audit-missing]]] state:map[value:[ALARM]]] " +
		"map[previousState:map[value:[OK]] state:map[value:[ALARM]]] map[previousState:map[value:[ALARM]] " +
		"state:map[value:[OK]]]]]"
	if got := fmt.Sprint(pattern); got != want {
		t.Errorf("the pattern is %s", got)
	}
	if name := tpl.all("AWS::CloudWatch::Alarm")["alarmauditmissing"].text(
		"AlarmName"); name != "qovery-key-rotation-audit-missing" {
		t.Errorf("the alarm is called %s", name)
	}
}

// The dashboard shows the metrics that are written, for every target.
func TestDashboard(t *testing.T) {
	tpl := withAll(t)
	board := tpl.one(t, "AWS::CloudWatch::Dashboard")
	var body struct {
		Widgets []struct {
			Type       string
			Properties struct {
				Title, Query string
				Metrics      [][]any
				Alarms       []string
			}
		}
	}
	if err := json.Unmarshal([]byte(board.text("DashboardBody")), &body); err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, widget := range body.Widgets {
		shown[widget.Properties.Title] = widget.Type + " " +
			fmt.Sprint(widget.Properties.Metrics, widget.Properties.Alarms, widget.Properties.Query)
	}
	alarms := 0
	for name := range tpl.all("AWS::CloudWatch::Alarm") {
		alarms += strings.Count(shown["Alarms"], "${"+name+".Arn}")
	}
	if alarms != len(tpl.all("AWS::CloudWatch::Alarm")) {
		t.Errorf("alarms: %s", shown["Alarms"])
	}
	ours := func(metric string) string {
		return lambda.Namespace + " " + metric + " " + lambda.Dimension + " production"
	}
	for title, wants := range map[string][]string{
		"Age of the keys, in days":        {ours(audit.KeyAge)},
		"What the audit found":            {ours(audit.Drift), ours(audit.LeftoverKeys), ours(audit.OpenRecords)},
		"Targets audited":                 {ours(audit.Audited), lambda.Namespace + " " + audit.Audited + " map"},
		"Duration of rotations, in hours": {ours(notice.RotationTime), "seconds0 / 3600"},
		"Executions": {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsAborted",
			"ExecutionsTimedOut"},
		"Failures of functions": {"${preflight}", "${notify}", "${audit}"},
		"Last notices: how rotations ended, what the audit found, which alarms rang": {
			"SOURCE '/aws/lambda/qovery-key-rotation-notify' | SOURCE '/aws/lambda/qovery-key-rotation-audit'",
			`message = "notice sent"`},
	} {
		for _, want := range wants {
			if !strings.Contains(shown[title], want) {
				t.Errorf("%s shows no %s: %s", title, want, shown[title])
			}
		}
	}
	if len(shown) != 8 {
		t.Errorf("the widgets are %v", slices.Collect(maps.Keys(shown)))
	}
}

func TestOutputsAreReadyToUse(t *testing.T) {
	tpl, _ := shipped(t)
	for name, want := range map[string]string{
		"StateMachineArn": "${rotation}",
		"TopicArn":        "${notices}",
		"TableName":       "${journal}",
		"KeyAgeLimitDays": "97",
		"Definition":      statemachine.Fingerprint(),
		"PutToken": `read -rs TOKEN; printf %s "$TOKEN" | aws ssm put-parameter --region eu-west-3 --name ` +
			`/qovery-key-rotation/qovery-token ` +
			`--type SecureString --overwrite --value file:///dev/stdin; unset TOKEN`,
		"DryRun": `aws stepfunctions start-execution --region eu-west-3 --state-machine-arn ${rotation} ` +
			`--name production-dry-run-$(date +%s) --input '{"target": "production", "dryRun": true}'`,
	} {
		output, exists := tpl.Outputs[name]
		if got := resolve(output.Value); !exists || got != want || output.Description == "" {
			t.Errorf("%s is %v", name, got)
		}
	}
	if _, err := target.ParseInput(json.RawMessage(`{"target": "production", "dryRun": true}`)); err != nil {
		t.Error(err)
	}
}

// Nothing secret is in a template: no resource that would hold a secret, and
// nothing that looks like one.
func TestNoSecretInTheTemplate(t *testing.T) {
	tpl, _ := shipped(t)
	secret := regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b|(?i)secret_?access_?key|bearer ` +
		`|password|NoEcho|resolve:(ssm-secure|secretsmanager)`)
	for id, resource := range tpl.Resources {
		if strings.HasPrefix(resource.Type, "AWS::SecretsManager::") || resource.Type == "AWS::IAM::AccessKey" {
			t.Errorf("%s is a %s", id, resource.Type)
		}
		if resource.Type == "AWS::StepFunctions::StateMachine" {
			continue // the definition, which is tested where it is
		}
		eachString(resource.Properties, func(text string) {
			if found := secret.FindString(text); found != "" {
				t.Errorf("%s holds %q", id, found)
			}
		})
	}
}

// What a person meets in the console says what it belongs to.
func TestEverythingIsTagged(t *testing.T) {
	tpl, _ := shipped(t)
	untaggable := regexp.MustCompile(
		`^AWS::(CloudWatch::Dashboard|Lambda::(Permission|EventInvokeConfig)|SNS::(TopicPolicy|Subscription)|` +
			`SQS::QueuePolicy|Scheduler::Schedule)$`)
	for id, resource := range tpl.Resources {
		if !untaggable.MatchString(resource.Type) &&
			!strings.Contains(fmt.Sprint(resource.Properties["Tags"]), "qovery-key-rotation") {
			t.Errorf("%s (%s) has the tags %v", id, resource.Type, resource.Properties["Tags"])
		}
	}
}
