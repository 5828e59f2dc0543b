// Package environment reads a function's environment variables. It notes what
// is missing or wrong instead of failing at once, so that one answer can name
// everything that has to be put right.
package environment

import (
	"os"
	"strings"

	"qovery-key-rotation/internal/rotation"
)

// The variables that the stack gives to the functions, beside Lambda's own.
const (
	TableName    = "TABLE_NAME"     // the journal's DynamoDB table
	TargetPrefix = "TARGET_PREFIX"  // what comes before a target's name: /qovery-key-rotation/targets/
	StagedPrefix = "STAGED_PREFIX"  // what comes before a key's id: /qovery-key-rotation/staged/
	TopicARN     = "TOPIC_ARN"      // the SNS topic that people listen to
	QoveryAPIURL = "QOVERY_API_URL" // optional: Qovery's own when absent
)

// Environment is the environment of a process, and what is wrong with it.
type Environment struct {
	lookup   func(name string) string
	problems []string
}

// FromOS reads the environment of this process.
func FromOS() *Environment { return From(os.Getenv) }

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
	return rotation.Errorf(rotation.ConfigurationError, "The function's environment is wrong: %s", strings.Join(e.problems, "; "))
}
