package notice

import (
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

// What cannot be understood is an error that says so, and never nothing.
func TestMalformedEvents(t *testing.T) {
	valid := execution("FAILED")
	for name, test := range map[string]struct{ event, want string }{
		"nothing":       {``, "no event of EventBridge"},
		"null":          {`null`, `detail-type is ""`},
		"no object":     {`[]`, "no event of EventBridge"},
		"cut off":       {valid[:len(valid)/2], "no event of EventBridge"},
		"another kind":  {strings.Replace(valid, "Execution Status", "Express Status", 1), "detail-type is"},
		"a step's call": {`{"document":{},"execution":{"Id":"arn"}}`, "detail-type is"},
		"no detail":     {event("aws.states", "Step Functions Execution Status Change", "", nil), "names no execution"},
		"detail is text": {event("aws.states", "Step Functions Execution Status Change", "", "text"),
			"detail cannot be read"},
		"no execution": {execution("FAILED", with("executionArn", nil)), "names no execution"},
		"a machine's ARN": {execution("FAILED",
			with("executionArn", "arn:aws:states:eu-west-3:123456789012:stateMachine:x")), "names no execution"},
		"an ARN with a break": {execution("FAILED", with("executionArn", thisExecution+"\nhttps://elsewhere.example")),
			"names no execution"},
		"another status": {execution("WAITING"), "WAITING is no status"},
		"no exposed key": {exposure(), "not about keys"},
		"a user's id":    {exposure("AIDAIOSFODNN7EXAMPLE"), "id of another kind"},
		"another risk": {event("aws.health", "AWS Health Event", "", map[string]any{"eventTypeCode": "AWS_EC2"}),
			"not about keys"},
		"no status":        {execution(""), "no status"},
		"no beginning":     {execution("FAILED", with("startDate", nil)), "when the execution began"},
		"text for a date":  {execution("FAILED", with("startDate", "yesterday")), "detail cannot be read"},
		"no alarm":         {alarm(" ", "ALARM", "", ""), "names no alarm"},
		"no alarm's state": {alarm("a", "LOUD", "", ""), `"LOUD" is no state`},
		"alarm is text":    {event("aws.cloudwatch", "CloudWatch Alarm State Change", "", "text"), "detail cannot be read"},
	} {
		_, err := ParseEvent([]byte(test.event))
		if !fault.HasCode(err, fault.InvalidInput) || !strings.Contains(err.Error(), test.want) ||
			!strings.Contains(err.Error(), "which rule") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is odd about an execution is no reason not to tell of its end.
func TestOddEvents(t *testing.T) {
	for name, test := range map[string]struct {
		event, target string
	}{
		"no input":            {execution("ABORTED", input("")), ""},
		"input without room":  {execution("ABORTED", with("input", nil)), ""},
		"input is a list":     {execution("ABORTED", input(`["production"]`)), ""},
		"target is a path":    {execution("ABORTED", input(`{"target":"../production"}`)), ""},
		"target is JSON":      {execution("ABORTED", input(`{"target":"a\",\"dryRun\":true"}`)), ""},
		"input with more":     {execution("ABORTED", input(`{"target":"production","colour":"red"}`)), ""},
		"dryRun is text":      {execution("ABORTED", input(`{"target":"production","dryRun":"yes"}`)), ""},
		"input of two minds":  {execution("ABORTED", input(`{"target":"production","target":"staging"}`)), "staging"},
		"input in capitals":   {execution("ABORTED", input(`{"Target":"production"}`)), ""},
		"output is no object": {execution("SUCCEEDED", with("output", `"text"`)), "production"},
		"output is null":      {execution("SUCCEEDED", with("output", `null`)), "production"},
		"target from output":  {execution("SUCCEEDED", with("input", nil), output(completed(summary()))), "production"},
		"no end":              {execution("ABORTED", with("stopDate", nil)), "production"},
	} {
		x := parse(t, test.event).Execution
		if x.Target != test.target || x.DryRun || x.StoppedAt.Before(ago(day)) {
			t.Errorf("%s: %+v", name, x)
		}
		checkForm(t, Compose(parse(t, test.event), world(newKey)))
	}
}

// Whatever arrives, there is an error or a message that SNS takes.
func FuzzEvents(f *testing.F) {
	for _, row := range table {
		f.Add([]byte(row.event), len(row.facts.Keys))
	}
	facts := []Facts{world(noKeys, noJournal), world(oneKey), world(bothKeys, open(deactivated, atWork))}
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		event, err := ParseEvent(data)
		if err != nil {
			return
		}
		m := Compose(event, facts[max(n, 0)%len(facts)])
		if m.Subject == "" || len(m.Subject) >= 100 ||
			strings.ContainsFunc(m.Subject, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("subject %q", m.Subject)
		}
		if strings.Count(m.Body, "\n") > mostLines || !command.MatchString(m.Body) {
			t.Errorf("body %q", m.Body)
		}
	})
}
