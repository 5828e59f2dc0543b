// Package lambda is what all Lambda functions have in common: their environment
// (environment.go), the clock (realtime.go) and their metrics (metrics.go). A function's
// main says how its step is built out of the environment; this package starts it
// (function.go), runs an invocation within its time (invoke.go), hands codes and
// sentences to Lambda (failure.go) and writes structured logs (logging.go).
//
// The environment notes what is missing or wrong instead of failing at once, so
// that one answer can name everything that has to be put right.
package lambda

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// The variables that the stack gives to the functions, beside Lambda's own.
const (
	TableName    = "TABLE_NAME"     // the journal's DynamoDB table
	TargetPrefix = "TARGET_PREFIX"  // what comes before a target's name: /qovery-key-rotation/targets/
	StagedPrefix = "STAGED_PREFIX"  // what comes before a key's id: /qovery-key-rotation/staged/
	TopicARN     = "TOPIC_ARN"      // the SNS topic that people listen to
	ChatTopicARN = "CHAT_TOPIC_ARN" // the SNS topic that chats listen to
	// The parameters with the addresses of webhooks; optional.
	SlackWebhookParameter = "SLACK_WEBHOOK_PARAMETER"
	TeamsWebhookParameter = "TEAMS_WEBHOOK_PARAMETER"

	QoveryAPIURL = "QOVERY_API_URL" // optional: Qovery's own when absent
	// TargetNames are the targets to audit, with commas between them.
	TargetNames     = "TARGET_NAMES"
	ScheduleGroup   = "SCHEDULE_GROUP"     // the group with the targets' schedules
	KeyAgeLimitDays = "KEY_AGE_LIMIT_DAYS" // from which on a key is too old
	StateMachineARN = "STATE_MACHINE_ARN"  // whose executions the audit starts
	// CreatorRoleARN is the role that function createkey runs with.
	CreatorRoleARN = "CREATOR_ROLE_ARN"
	// KMSKeyARN is the key that encrypts staged secrets; optional: AWS's own when
	// absent.
	KMSKeyARN = "KMS_KEY_ARN"
	// AllMetrics is there where an alarm or a dashboard shows all metrics.
	AllMetrics = "ALL_METRICS"
)

// Environment is the environment of a process, and what is wrong with it.
type Environment struct {
	lookup   func(name string) string
	problems []string
}

// From reads an environment in which an absent variable is empty.
func From(lookup func(name string) string) *Environment { return &Environment{lookup: lookup} }

// Required returns a variable, and notes when it is missing.
func (e *Environment) Required(name string) string {
	value := e.lookup(name)
	if value == "" {
		e.Reject(name, "is missing")
	}
	return value
}

// Prefix returns a required prefix of parameter names. A prefix that did not
// begin and end with a slash would name other parameters than the policies do.
func (e *Environment) Prefix(name string) string {
	value := e.Required(name)
	if value != "" && (len(value) < 2 || !strings.HasPrefix(value, "/") || !strings.HasSuffix(value, "/")) {
		e.Reject(name, "does not begin and end with a slash")
	}
	return value
}

// Role returns a required ARN of an IAM role. CloudTrail names roles so, and one
// that is written otherwise would never be recognized.
func (e *Environment) Role(name string) string {
	value := e.Required(name)
	if value != "" && !isARN(value, "iam", "role/") {
		e.Reject(name, "is not the ARN of an IAM role")
	}
	return value
}

// KMSKey returns an ARN of a KMS key, or "" where there is none. A secret that was
// meant for that key is not to be encrypted with another.
func (e *Environment) KMSKey(name string) string {
	value := e.Optional(name)
	if value != "" && !isARN(value, "kms", "key/") {
		e.Reject(name, "is not the ARN of a KMS key")
	}
	return value
}

// isARN tells whether text is the ARN of a kind of thing in an account, like
// arn:aws:iam::123456789012:role/path/name.
func isARN(text, service, kind string) bool {
	const account = 12 // digits
	parts := strings.SplitN(text, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == service && len(parts[4]) == account &&
		strings.HasPrefix(parts[5], kind) && parts[5] != kind
}

// Targets returns the targets' names that a required variable has between commas.
func (e *Environment) Targets(name string) []string {
	value := e.Required(name)
	if value == "" {
		return nil
	}
	parts := strings.Split(value, ",")
	if slices.ContainsFunc(parts, func(part string) bool { return !target.IsName(part) }) {
		e.Reject(name, "names no target in one of its parts")
	}
	return parts
}

// KeyAgeLimit returns the age, required and in days, from which on a key is too old.
func (e *Environment) KeyAgeLimit(name string) time.Duration {
	value := e.Required(name)
	days, _ := strconv.Atoi(value) // what isn't a number is no limit either
	if problem := target.KeyAgeLimitProblem(days); value != "" && problem != "" {
		e.Reject(name, problem)
	}
	return time.Duration(days) * 24 * time.Hour
}

// Optional returns a variable, or "".
func (e *Environment) Optional(name string) string { return e.lookup(name) }

// Reject notes what is wrong with a variable. Values are not to be quoted:
// some are credentials.
func (e *Environment) Reject(name, problem string) {
	e.problems = append(e.problems, name+" "+problem)
}

// Err names everything that is wrong, as ConfigurationError, or is nil.
func (e *Environment) Err() error {
	if len(e.problems) == 0 {
		return nil
	}
	return fault.Errorf(fault.ConfigurationError, "The function's environment is wrong: %s",
		strings.Join(e.problems, "; "))
}
