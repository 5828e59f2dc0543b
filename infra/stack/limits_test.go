package stack

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"qovery-key-rotation/infra/config"
)

// largest is a stack of as much as the configuration lets through: most targets,
// longest names, all addresses. The rest of the room for ARNs is in the paths.
func largest(t *testing.T) synthesized {
	t.Helper()
	largestOnce.Do(func() {
		largestResult = synthesize(t, largestFile(), config.Environment{Account: "111111111111", Region: region14}, today)
	})
	return largestResult
}

var (
	largestOnce   sync.Once
	largestResult synthesized
)

// region14 is a name of the longest that regions have.
const region14 = "ap-southeast-2"

func largestFile() string {
	var emails []string
	for i := range 100 {
		emails = append(emails, fmt.Sprintf(`"%s%02d@company.example"`, strings.Repeat("p", 62), i))
	}
	token := `"tokenParameter": "/` + strings.Repeat("t", 961) + `"`
	targets := []string{largeTarget(0, 412, token)}
	for i := 1; i < 50; i++ {
		targets = append(targets, largeTarget(i, 45, token))
	}
	return fmt.Sprintf(`{"customerKey": true, "qoveryApiUrl": "https://q.example/%s", "alertEmails": [%s], `+
		`"targets": [%s]}`,
		strings.Repeat("q", 1006), strings.Join(emails, ","), strings.Join(targets, ","))
}

// largeTarget has a name and a user of the longest, and a path that is so long.
func largeTarget(i, path int, more ...string) string {
	return targetJSON(fmt.Sprintf("%s%02d", strings.Repeat("n", 30), i), fmt.Sprintf("%s%02d", strings.Repeat("u", 62), i),
		append(more, `"iamUserPath": "/`+strings.Repeat("p", path-2)+`/"`)...)
}

// What a service would refuse at deployment. What CloudFormation itself would,
// cfn-lint knows (lint_test.go).
func TestTheLargestStackFits(t *testing.T) {
	tpl := largest(t).templates[Name]
	for id, role := range tpl.all("AWS::IAM::Role") {
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: white space doesn't count
		within(t, "the policies of "+id, len(strings.Join(strings.Fields(config.JSON(role.property("Policies"))), "")), 10240)
	}
	for id, function := range tpl.all("AWS::Lambda::Function") {
		// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
		within(t, "the environment of "+id, len(config.JSON(function.property("Environment.Variables"))), 4096)
	}
	for id, parameter := range tpl.all("AWS::SSM::Parameter") {
		// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
		within(t, "the value of "+id, len(parameter.text("Value")), 4096)
		within(t, "the description of "+id, len(parameter.text("Description")), 1024)
	}
	for id, schedule := range tpl.all("AWS::Scheduler::Schedule") {
		// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
		within(t, "the name of "+id, len(schedule.text("Name")), 64)
		within(t, "the description of "+id, len(schedule.text("Description")), 512)
	}
	for name, output := range tpl.Outputs {
		within(t, "the description of the output "+name, len(output.Description), 1024)
	}
	within(t, "the number of outputs", len(tpl.Outputs), 200)
	within(t, "the number of resources", len(tpl.Resources), 500)
}

func within(t *testing.T, what string, size, limit int) {
	t.Helper()
	if size > limit {
		t.Errorf("%s: %d, and %d is the most", what, size, limit)
	}
}

// Names that targets have are names in the CDK's tree, too.
func TestATargetMayBeCalledAsOtherThingsAre(t *testing.T) {
	names := []string{"group", "audit", "targets", "schedules", "key", "journal", "default", "resource", "0",
		"constructor"}
	var targets []string
	for i, name := range names {
		targets = append(targets, targetJSON(name, fmt.Sprintf("user-%d", i)))
	}
	result := synthesize(t, `{"targets": [`+strings.Join(targets, ",")+`]}`, config.Environment{}, today)
	if n := len(result.templates[Name].rotations()); n != len(names) {
		t.Errorf("there are %d schedules", n)
	}
}
