// A Template reads what the integration tests run out of the synthesized
// CloudFormation template: functions with their environments and policies, the
// definition of the state machine, the table, the targets. Nothing of that is
// written a second time.

package awstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Template is a synthesized template with its references resolved.
type Template struct {
	Functions  map[string]TemplateFunction // by the name of their folder
	Definition string                      // of the state machine
	Machine    string                      // its name
	Table      map[string]any              // the properties of the journal
	Targets    map[string]string           // the parameters with the targets, by name
	Topics     []string                    // the names of the topics
	Outputs    map[string]string           // what the stack shows, by name
	Schedules  map[string]TemplateSchedule // by name
	Emails     []string                    // that are subscribed to the topic

	resources map[string]resource
	place     Place
	unclear   []error // what could not be read for what it says
}

// Place is what CloudFormation knows at deployment.
type Place struct{ Account, Region string }

// TemplateSchedule is a schedule of EventBridge Scheduler.
type TemplateSchedule struct {
	Group, Expression, State string
	StartDate                string // empty: from its deployment
	Target                   string // ARN
}

// TemplateFunction is a Lambda function.
type TemplateFunction struct {
	Name        string // as it is deployed
	Environment map[string]string
	Timeout     int // seconds
	Grants      []Grant
	Statements  []any  // of its role's policies
	Role        string // ARN
}

// Grant is one action that a function's role allows on one resource, which may
// have wildcards.
type Grant struct {
	Action, Resource string
	// Keys is the pattern of the partition keys of the items that it is for; empty:
	// of all.
	Keys string
}

type resource struct {
	Type       string
	Properties map[string]any
}

// Name of the stack, which all names begin with.
const resourcePrefix = "qovery-key-rotation-"

// ReadTemplate reads a template file.
func ReadTemplate(file string, place Place) (*Template, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	var whole struct {
		Resources map[string]resource
		Outputs   map[string]struct{ Value any }
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	t := &Template{Functions: map[string]TemplateFunction{}, Targets: map[string]string{}, Outputs: map[string]string{},
		Schedules: map[string]TemplateSchedule{}, resources: whole.Resources, place: place}
	for id := range t.resources {
		t.read(t.resources[id])
	}
	if err := errors.Join(t.unclear...); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	for name, output := range whole.Outputs {
		t.Outputs[name] = t.text(output.Value)
	}
	if t.Definition == "" || t.Table == nil || len(t.Functions) == 0 {
		return nil, fmt.Errorf("reading the template: %s has no state machine, no table or no functions", file)
	}
	return t, nil
}

func (t *Template) read(r resource) {
	switch r.Type {
	case "AWS::Lambda::Function":
		t.readFunction(r)
	case "AWS::StepFunctions::StateMachine":
		t.Machine = t.text(r.Properties["StateMachineName"])
		t.Definition = t.text(r.Properties["DefinitionString"])
		substitutions, _ := r.Properties["DefinitionSubstitutions"].(map[string]any)
		for name, value := range substitutions {
			t.Definition = strings.ReplaceAll(t.Definition, "${"+name+"}", t.text(value))
		}
	case "AWS::DynamoDB::Table":
		t.Table, _ = t.resolve(r.Properties).(map[string]any)
	case "AWS::SSM::Parameter":
		t.Targets[t.text(r.Properties["Name"])] = t.text(r.Properties["Value"])
	case "AWS::SNS::Topic":
		t.Topics = append(t.Topics, t.text(r.Properties["TopicName"]))
	case "AWS::SNS::Subscription":
		t.Emails = append(t.Emails, t.text(r.Properties["Endpoint"]))
	case "AWS::Scheduler::Schedule":
		property := func(name string) string { return t.text(r.Properties[name]) }
		target, _ := r.Properties["Target"].(map[string]any)
		t.Schedules[property("Name")] = TemplateSchedule{
			property("GroupName"), property("ScheduleExpression"), property("State"), property("StartDate"),
			t.text(target["Arn"]),
		}
	}
}

func (t *Template) readFunction(r resource) {
	name := t.text(r.Properties["FunctionName"])
	f := TemplateFunction{Name: name, Environment: map[string]string{}}
	seconds, _ := r.Properties["Timeout"].(float64)
	f.Timeout = int(seconds)
	environment, _ := r.Properties["Environment"].(map[string]any)
	variables, _ := environment["Variables"].(map[string]any)
	for variable, value := range variables {
		f.Environment[variable] = t.text(value)
	}
	if role, ok := r.Properties["Role"].(map[string]any); ok {
		f.Statements, f.Role = t.statements(role), t.text(role)
		f.Grants = t.grants(f)
	}
	t.Functions[strings.TrimPrefix(name, resourcePrefix)] = f
}

// statements are all that a role allows: its policies are its own.
func (t *Template) statements(role map[string]any) (all []any) {
	getAtt, _ := role["Fn::GetAtt"].([]any)
	if len(getAtt) == 0 {
		return nil
	}
	id, _ := getAtt[0].(string)
	policies, _ := t.resolve(t.resources[id].Properties["Policies"]).([]any)
	for _, policy := range policies {
		document := policy.(map[string]any)["PolicyDocument"].(map[string]any)
		all = append(all, document["Statement"].([]any)...)
	}
	return all
}

// AllStatements are those of all policies, in which a resource that is left out is the
// one that the policy belongs to.
func (t *Template) AllStatements() (all []map[string]any) {
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				visit(element)
			}
		case map[string]any:
			statements, isPolicy := value["Statement"].([]any)
			for _, statement := range statements {
				all = append(all, statement.(map[string]any))
			}
			for name := range value {
				if !isPolicy || name != "Statement" {
					visit(value[name])
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		visit(t.resolve(t.resources[id].Properties))
	}
	return all
}

// grants are the actions that a function's statements allow.
func (t *Template) grants(f TemplateFunction) (grants []Grant) {
	for _, s := range f.Statements {
		statement := s.(map[string]any)
		keys, err := leadingKeys(statement["Condition"])
		if err != nil {
			t.unclear = append(t.unclear, fmt.Errorf("%s: %w", f.Name, err))
			continue
		}
		for _, action := range list(statement["Action"]) {
			for _, on := range list(statement["Resource"]) {
				grants = append(grants, Grant{action, on, keys})
			}
		}
	}
	return grants
}

// leadingKeys is the pattern of a condition on the partition keys, of which there
// has to be one. Another condition is refused: a grant must not pass for a broader
// one than it is.
func leadingKeys(condition any) (string, error) {
	if condition == nil {
		return "", nil
	}
	const keys, like = "dynamodb:LeadingKeys", "ForAllValues:StringLike"
	whole, _ := condition.(map[string]any)
	patterns, _ := whole[like].(map[string]any)
	pattern := list(patterns[keys])
	if len(pattern) != 1 || len(patterns) != 1 ||
		!reflect.DeepEqual(whole, map[string]any{like: patterns, "Null": map[string]any{keys: "false"}}) {
		return "", fmt.Errorf("a condition that the tests do not know: %v", condition)
	}
	return pattern[0], nil
}

// Allows tells whether the grant is for the action on the resource, and there on
// the item with that partition key, empty where none is known.
func (g Grant) Allows(action, on, key string) bool {
	return matches(g.Action, action) && matches(g.Resource, on) && (g.Keys == "" || key != "" && matches(g.Keys, key))
}

// matches matches as IAM does: * is any text.
func matches(pattern, text string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile("^" + expression + "$").MatchString(text)
}

func list(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var texts []string
		for _, v := range value {
			text, _ := v.(string)
			texts = append(texts, text)
		}
		return texts
	}
	return nil
}
