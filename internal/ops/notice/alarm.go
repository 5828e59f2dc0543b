package notice

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/words"
)

// Alarm is an alarm that changed.
type Alarm struct {
	Name        string
	ARN         string // empty when the event names none
	State       AlarmState
	At          time.Time
	Description string // what the stack says of it
	Reason      string // what CloudWatch says of the change
}

// AlarmState is the state of an alarm.
type AlarmState string

// The states of an alarm.
const (
	Ringing AlarmState = "ALARM"
	Quiet   AlarmState = "OK"
	NoData  AlarmState = "INSUFFICIENT_DATA"
)

// alarm reads an event as CloudWatch sends it:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
func (e envelope) alarm() (*Alarm, error) {
	var detail struct {
		AlarmName string
		State     struct {
			Value             AlarmState
			Reason, Timestamp string
		}
		Configuration struct{ Description string }
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return nil, malformed("its detail cannot be read: %v", err)
	}
	state := detail.State.Value
	switch {
	case strings.TrimSpace(detail.AlarmName) == "":
		return nil, malformed("it names no alarm")
	case state != Ringing && state != Quiet && state != NoData:
		return nil, malformed("%q is no state of an alarm", state)
	}
	alarm := &Alarm{
		Name: quotable(detail.AlarmName), State: state, At: e.Time.UTC(),
		Description: quotable(detail.Configuration.Description), Reason: quotable(detail.State.Reason),
	}
	const cloudWatchTime = "2006-01-02T15:04:05.999-0700"
	if at, err := time.Parse(cloudWatchTime, detail.State.Timestamp); err == nil {
		alarm.At = at.UTC()
	}
	if len(e.Resources) > 0 {
		alarm.ARN = e.Resources[0]
	}
	return alarm, nil
}

// message is the message about an alarm. An alarm is not about one key, so that it
// says what to look at and not what is broken.
func (a Alarm) message() Message {
	m := Message{Urgency: Check, More: alarmPage(a.ARN, a.Name)}
	do := Step{"See all targets, then do what the alarm asks for:", "rotate status"}
	switch a.State {
	case Ringing:
		m.Subject, m.Verdict = "alarm "+a.Name,
			"An alarm rings. It doesn't say whether a key is broken; the command below does."
		m.Happened = []string{fmt.Sprintf("The alarm %s rings since %s.", a.Name, words.At(a.At))}
	case NoData:
		m.Subject, m.Verdict = "alarm without data: "+a.Name,
			"An alarm has no data to judge by. Nothing is known to be broken."
		m.Happened = []string{fmt.Sprintf("The alarm %s has had no data since %s.", a.Name, words.At(a.At))}
	default:
		m.Urgency, m.Subject = Calm, "alarm over: "+a.Name
		m.Verdict = "Nothing is broken as far as this alarm goes: it is over."
		m.Happened = []string{fmt.Sprintf("The alarm %s ended %s.", a.Name, words.At(a.At))}
		do.Text = "Nothing. To see all targets:"
	}
	if a.Description != "" {
		m.Happened = append(m.Happened, "What it means: "+words.Dot(a.Description))
	}
	if a.Reason != "" {
		m.Happened = append(m.Happened, "In CloudWatch's words: "+words.Dot(a.Reason))
	}
	m.Steps = []Step{do}
	return m.Complete()
}
