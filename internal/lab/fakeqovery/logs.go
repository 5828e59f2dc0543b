package fakeqovery

import (
	"cmp"
	"time"
)

const maxLogs = 100 // lines of a cluster that are kept

type logLine struct {
	Type      string      `json:"type"`
	Timestamp time.Time   `json:"timestamp"`
	Step      string      `json:"step"`
	Message   *logMessage `json:"message,omitempty"`
	Error     *logError   `json:"error,omitempty"`
}

type logMessage struct {
	SafeMessage string `json:"safe_message"`
}

type logError struct {
	Tag            string      `json:"tag"`
	UserLogMessage string      `json:"user_log_message"`
	HintMessage    string      `json:"hint_message,omitempty"`
	Underlying     *underlying `json:"underlying_error,omitempty"`
}

type underlying struct {
	Message string `json:"message"`
}

func (c *clusterState) log(at time.Time, line logLine) {
	line.Timestamp = at.UTC()
	c.logs = append(c.logs, line)
	if len(c.logs) > maxLogs {
		c.logs = c.logs[len(c.logs)-maxLogs:]
	}
}

// logProblem tells why a deployment ended otherwise than it should have.
func (c *clusterState) logProblem(at time.Time, status string, outcome Outcome) {
	problem := "The deployment of the cluster ended as " + status
	if status == invalidCredentials {
		problem = "The cloud provider refuses the credentials of the cluster"
	}
	c.log(at, logLine{Type: "ERROR", Step: "CreateError", Error: &logError{
		Tag:            status,
		UserLogMessage: cmp.Or(outcome.Problem, problem),
		HintMessage:    outcome.Hint,
	}})
}
