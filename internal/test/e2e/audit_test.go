//go:build integration

package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/test/awstest"
)

// audit is EventBridge Scheduler: it runs the audit, and returns the subjects of
// what that tells. The function waits between requests to Qovery, which takes a
// clock that nothing but the script holds: call it after a sleep.
func (w *world) audit() []string {
	w.Helper()
	before := w.subjects()
	function, _ := w.function("audit")
	answer, err := w.host.Invoke(w.ctx, function, []byte(`{}`), nil)
	if err != nil || answer.ErrorType != "" {
		w.Errorf("the audit: %v, %s", err, answer.Body)
	}
	return w.subjects()[len(before):]
}

// subjects are those of all that was published.
func (w *world) subjects() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var subjects []string
	for _, text := range w.published {
		if subject, _, _ := strings.Cut(text, "\n"); subject != "" { // a chat's message has none
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

// audits wants an audit to tell just this.
func (w *world) audits(want ...string) {
	w.Helper()
	if got := w.audit(); !slices.Equal(got, want) {
		w.Errorf("the audit tells %q, want %q", got, want)
	}
}

// startedByAudit has what the audit starts be this world's, and lets it redrive, which moto can't.
// An outage makes executions that were stopped ones that failed by it.
func (w *world) startedByAudit(outage *bool) (redriven func() int) {
	count := 0
	maps.Copy(w.gateway.Stubs, map[string]func(awstest.Call) *awstest.Reply{
		"states:StartExecution": func(call awstest.Call) *awstest.Reply {
			if arn := w.arn(call.Fields["name"].(string)); w.run(arn) == nil {
				w.adopt(arn)
			}
			return nil
		},
		"states:RedriveExecution": func(awstest.Call) *awstest.Reply {
			count++
			return jsonOf(map[string]any{"redriveDate": 0})
		},
	})
	w.gateway.Amend = func(call awstest.Call, answer awstest.Reply) awstest.Reply {
		if call.Action != "states:DescribeExecution" || !*outage {
			return amend(call, answer)
		}
		var described map[string]any
		w.must(nil, json.Unmarshal(answer.Body, &described))
		described["status"], described["error"], described["redriveStatus"] = "FAILED", "Unreachable", "REDRIVABLE"
		return *jsonOf(described)
	}
	return func() int { return count }
}

// TestAudit lets days pass, with what an audit is for, and without.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := testWorld(t, lab.Setup{Registries: true, HelmRepository: true})
	outage := false
	redriven := w.startedByAudit(&outage)
	name := lab.TargetName
	w.clock.Script(func() {
		w.sleep(time.Hour)
		w.audits()

		extra := w.createKey()
		w.audits(name + ": a leftover key " + extra)
		w.sleep(24 * time.Hour)
		w.audits()
		w.deleteByHand(extra)
		w.audits(name + ": over: a leftover key " + extra)

		w.sleep(7 * 24 * time.Hour)
		w.audits(name+": the key "+w.oldKey+" is over 97 days old",
			name+": the audit started the rotation of the key "+w.oldKey)
		run := w.run(w.arn(name + "-due-" + w.clock.Now().Format("20060102")))
		run.untilIn("AwaitWindow")
		run.untilIn("GracePeriod")
		w.sleep(time.Hour)
		w.audits()
		run.stop()
		w.sleep(time.Hour)
		w.audits(name + ": a rotation was left open")
		outage = true
		w.audits(name + ": the audit resumed a rotation")
		if outage = false; redriven() != 1 {
			t.Errorf("redriven %d times", redriven())
		}
		w.start("rotation-2", "").wait()
		w.sleep(time.Minute)
		// of the rotation it is too early to say so
		w.audits(name + ": over: the key " + w.oldKey + " is over 97 days old")
		w.sleep(time.Hour)
		w.audits(name + ": over: the audit resumed a rotation")

		w.must(scheduler.NewFromConfig(w.cfg).DeleteSchedule(w.ctx,
			&scheduler.DeleteScheduleInput{Name: aws.String(name), GroupName: scheduleGroup()}))
		w.must(ssm.NewFromConfig(w.cfg).DeleteParameter(w.ctx,
			&ssm.DeleteParameterInput{Name: aws.String(lab.TokenParameter)}))
		w.audits("CHECK "+name+": the Qovery token is refused", name+": there is no schedule")
		w.audits()
	})
	w.check()
	log := w.host.Logs()["audit"]
	if lines := strings.Count(log, `"Audited":`); lines != 2*12 ||
		strings.Count(log, `"_aws":`) != 12 || !strings.Contains(log, `"LeftoverKeys":1`) ||
		!strings.Contains(log, `"OpenRecords":1`) || !strings.Contains(log, `"Audited":0`) {
		t.Errorf("%d lines of metrics in %s", lines, log)
	}
}
