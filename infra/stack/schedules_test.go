package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// audits is the id of the audit's schedule.
const audits = "schedulesdailyaudit"

// rotations are the schedules that start rotations.
func (tpl template) rotations() map[string]entry {
	all := tpl.all("AWS::Scheduler::Schedule")
	delete(all, audits)
	return all
}

func TestScheduleStartsTheMachine(t *testing.T) {
	tpl, _ := shipped(t)
	if len(tpl.rotations()) != 1 {
		t.Fatalf("the schedules are %v", tpl.rotations())
	}
	schedule := tpl.rotations()["schedulesproduction"]
	for path, want := range map[string]any{
		"Name":                        "production",
		"GroupName":                   "${schedulesgroup}",
		"ScheduleExpression":          "rate(90 days)",
		"StartDate":                   "2026-01-13T08:00:00.000Z",
		"State":                       "ENABLED",
		"FlexibleTimeWindow.Mode":     "FLEXIBLE",
		"Target.Arn":                  "arn:aws:scheduler:::aws-sdk:sfn:startExecution",
		"Target.RoleArn":              "${schedulerrole.Arn}",
		"Target.DeadLetterConfig.Arn": "${undelivered.Arn}",
		"Target.RetryPolicy.MaximumRetryAttempts": 185.0,
	} {
		if got := schedule.property(path); got != want {
			t.Errorf("%s is %v, not %v", path, got, want)
		}
	}
	var request map[string]string
	if err := json.Unmarshal([]byte(schedule.text("Target.Input")), &request); err != nil {
		t.Fatal(err)
	}
	input, err := target.ParseInput(json.RawMessage(request["Input"]))
	if err != nil {
		t.Fatal(err)
	}
	if request["StateMachineArn"] != "${rotation}" || request["Name"] != "production-<aws.scheduler.execution-id>" ||
		input != (target.Input{Target: "production", Scheduled: true}) {
		t.Errorf("the request is %v", request)
	}
	if !strings.Contains(schedule.text("Target.Input"), "<aws.scheduler.execution-id>") {
		t.Error("Scheduler does not find its keyword in the request as it is sent")
	}
}

// A schedule without a start ahead would start a rotation at deployment.
func TestSchedulesStartInTheFuture(t *testing.T) {
	for _, now := range []time.Time{today, today.AddDate(0, 3, 1), today.AddDate(7, 0, 0), today.AddDate(40, 5, 3)} {
		result := synthesize(t, shippedFile(t), config.Environment{}, now)
		for name, schedule := range result.templates[Name].rotations() {
			start, err := time.Parse(time.RFC3339, schedule.text("StartDate"))
			if err != nil || start.Before(now.Add(10*time.Minute)) || start.After(now.AddDate(0, 0, 91)) {
				t.Errorf("at %s, %s starts at %s (%v)", now, name, start, err)
			}
		}
	}
}

// The audit comes every day, and its schedule can have no target's name.
func TestScheduleRunsTheAudit(t *testing.T) {
	tpl, _ := shipped(t)
	schedule := tpl.all("AWS::Scheduler::Schedule")[audits]
	for path, want := range map[string]any{
		"Name":                        "daily.audit",
		"GroupName":                   "${schedulesgroup}",
		"ScheduleExpression":          "cron(0 5 * * ? *)",
		"State":                       nil, // Scheduler's default: enabled
		"Target.Arn":                  "${audit.Arn}",
		"Target.RoleArn":              "${auditschedulerrole.Arn}",
		"Target.DeadLetterConfig.Arn": "${undelivered.Arn}",
	} {
		if got := schedule.property(path); got != want {
			t.Errorf("%s is %v, not %v", path, got, want)
		}
	}
	if target := (target.Target{Name: schedule.text("Name")}); !strings.Contains(target.Check().Error(), "name: ") {
		t.Errorf("a target can be called %s as well", target.Name)
	}
}

// The shipped configuration can be synthesized, and says that it rotates nothing
// of anybody's.
func TestSynthesisWarnsOfTheExample(t *testing.T) {
	_, result := shipped(t)
	examples := []string{"The organizationId of the target production is still the example's",
		"platform@example.com in alertEmails is still the example's"}
	for _, want := range examples {
		if !slices.ContainsFunc(result.messages,
			func(m string) bool { return strings.HasPrefix(m, "aws:cdk:warning") && strings.Contains(m, want) }) {
			t.Errorf("no warning says %q: %v", want, result.messages)
		}
	}
	for _, message := range several(t).messages {
		t.Errorf("of a configuration that is none of the examples: %s", message)
	}
}

// What the default schedule means for compliance is no warning, but it is said.
func TestSynthesisSaysWhatComplianceTakes(t *testing.T) {
	_, result := shipped(t)
	if len(result.remarks) != 1 || !strings.Contains(result.remarks[0], "To comply, set schedule.rateDays to 84") {
		t.Errorf("the remarks are %v", result.remarks)
	}
}

func TestSynthesisWarns(t *testing.T) {
	file := strings.Replace(shippedFile(t), `["platform@example.com"]`, `[]`, 1)
	file = strings.Replace(file, "2026-01-13", "2026-01-12", 1)
	result := synthesize(t, file, config.Environment{}, time.Date(2026, 1, 12, 7, 0, 0, 0, time.UTC))
	for _, want := range []string{"The rotation of production is due at 2026-01-12 08:00 UTC", "alertEmails is empty",
		"The rotation of production starts on a Monday"} {
		if !slices.ContainsFunc(result.messages, func(m string) bool { return strings.Contains(m, want) }) {
			t.Errorf("no warning says %q: %v", want, result.messages)
		}
	}
}
