package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/test/awstest"
)

// AWS's Service Authorization Reference knows every action of every statement, the
// ARNs that it is about, and the condition keys that it has. 'make check' runs this.
func TestReference(t *testing.T) {
	r := newReference(t)
	_, one := shipped(t)
	ofTemplate, ofPeople := 0, 0
	for _, file := range slices.Concat(slices.Collect(maps.Values(one.files)),
		slices.Collect(maps.Values(several(t).files))) {
		read, err := awstest.ReadTemplate(file, awstest.Place{Account: "123456789012", Region: "eu-west-3"})
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range read.AllStatements() {
			r.check(t, statement)
			ofTemplate++
		}
	}
	for _, policy := range policiesOfPeople(t) {
		for _, statement := range policy {
			r.check(t, statement.(map[string]any))
			ofPeople++
		}
	}
	t.Logf("%d statements of templates and %d of docs/rights.md are as the reference says", ofTemplate, ofPeople)
	if ofTemplate == 0 || ofPeople == 0 {
		t.Error("there are none")
	}
}

// policiesOfPeople are the statements of each policy of the page, with what people fill in.
func policiesOfPeople(t *testing.T) (policies [][]any) {
	t.Helper()
	page, err := os.ReadFile(rightsPage)
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("REGION", "eu-west-3", "ACCOUNT", awstest.Account).Replace(string(page))
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(filled, -1) {
		var policy struct{ Statement []any }
		if err := json.Unmarshal([]byte(block[1]), &policy); err != nil {
			t.Fatal(err)
		}
		policies = append(policies, policy.Statement)
	}
	return policies
}

// policyJudge starts the process that knows about policies, or skips the test.
func policyJudge(t *testing.T) *awstest.Policies {
	t.Helper()
	judge, err := awstest.StartPolicies()
	if err == nil {
		t.Cleanup(judge.Close)
		_, err = judge.Service("iam")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("NOT CHECKED: %v", err)
	}
	return judge
}

// reference is what has been looked up, by the prefix of actions.
type reference struct {
	judge    *awstest.Policies
	services map[string]awstest.Service
}

func newReference(t *testing.T) *reference {
	t.Helper()
	return &reference{policyJudge(t), map[string]awstest.Service{}}
}

func (r *reference) service(t *testing.T, name string) awstest.Service {
	t.Helper()
	known, looked := r.services[name]
	if !looked {
		var err error
		if known, err = r.judge.Service(name); err != nil {
			t.Fatal(err)
		}
		r.services[name] = known
	}
	return known
}

func (r *reference) check(t *testing.T, statement map[string]any) {
	t.Helper()
	for _, problem := range r.problems(t, statement) {
		t.Errorf("%s: %s", problem, config.JSON(statement))
	}
}

// problems are what the reference does not have of a statement.
func (r *reference) problems(t *testing.T, statement map[string]any) (problems []string) {
	t.Helper()
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	resources := list(statement["Resource"])
	unused := slices.Clone(resources)
	for _, name := range list(statement["Action"]) {
		service, actions := r.actions(t, name)
		if len(actions) == 0 {
			problem("there is no action %s", name)
		}
		for _, action := range actions {
			forms := action.forms(service)
			switch {
			case statement["Principal"] != nil && (resources == nil || slices.Equal(resources, []string{"*"})):
				unused = nil // a policy of a resource, which is about that one
			case len(forms) == 0 && len(actions) > 1:
			case len(forms) == 0 && !slices.Equal(resources, []string{"*"}):
				problem("%s knows no resources: * alone", name)
			case len(forms) == 0:
				unused = nil
			case slices.Contains(resources, "*"):
				problem("%s knows resources, such as %s", name, forms[0])
			case !slices.ContainsFunc(resources, func(arn string) bool { return isOf(forms, arn) }):
				problem("%s is about %s", name, strings.Join(forms, " or "))
			}
			unused = slices.DeleteFunc(unused, func(arn string) bool { return isOf(forms, arn) })
			for _, key := range conditionKeys(statement) {
				if !slices.ContainsFunc(action.keys(service), func(form string) bool { return overlap(form, key) }) {
					problem("%s has no condition key %s", name, key)
				}
			}
		}
	}
	if len(unused) > 0 && len(problems) == 0 {
		problem("no action is about %s", strings.Join(unused, " or "))
	}
	return problems
}

// action is one of the reference.
type action struct{ awstest.ServiceAction }

// actions are those of a name, of which a policy of a resource may have patterns.
func (r *reference) actions(t *testing.T, name string) (service awstest.Service, found []action) {
	t.Helper()
	prefix, name, _ := strings.Cut(name, ":")
	service = r.service(t, prefix)
	for known, details := range service.Actions {
		if overlap(strings.ToLower(name), known) {
			found = append(found, action{details})
		}
	}
	return service, found
}

// forms are the ARNs of what an action is about.
func (a action) forms(service awstest.Service) (forms []string) {
	for _, kind := range a.ResourceTypes {
		forms = append(forms, placeholder.ReplaceAllString(service.Resources[kind.Name], "*"))
	}
	return forms
}

// keys are the condition keys of an action.
func (a action) keys(service awstest.Service) []string {
	keys := slices.Concat(service.Global, a.ConditionKeys)
	for _, kind := range a.ResourceTypes {
		keys = append(keys, kind.ConditionKeys...)
	}
	for i := range keys {
		keys[i] = placeholder.ReplaceAllString(keys[i], "*")
	}
	return keys
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

func conditionKeys(statement map[string]any) (keys []string) {
	conditions, _ := statement["Condition"].(map[string]any)
	for _, condition := range conditions {
		keys = slices.AppendSeq(keys, maps.Keys(condition.(map[string]any)))
	}
	return keys
}

// isOf tells whether an ARN has one of the forms, part for part.
func isOf(forms []string, arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return slices.ContainsFunc(forms, func(form string) bool {
		want := strings.SplitN(form, ":", 6)
		for i := range want {
			if len(want) != len(parts) || !overlap(want[i], parts[i]) {
				return false
			}
		}
		return true
	})
}

// overlap tells whether there is a text that both patterns match.
func overlap(a, b string) bool {
	switch {
	case a == "" && b == "":
		return true
	case strings.HasPrefix(b, "*"):
		a, b = b, a
		fallthrough
	case strings.HasPrefix(a, "*"):
		return overlap(a[1:], b) || b != "" && overlap(a, b[1:])
	}
	return a != "" && b != "" && a[0] == b[0] && overlap(a[1:], b[1:])
}

// The check sees what it is for.
func TestReferenceSeesMistakes(t *testing.T) {
	r := newReference(t)
	for name, statement := range map[string]string{
		"no such action":    `"Action": "iam:ListAllAccessKeys", "Resource": "arn:aws:iam::123456789012:user/qovery"`,
		"no such service":   `"Action": "eyeam:ListAccessKeys", "Resource": "arn:aws:iam::123456789012:user/qovery"`,
		"another resource":  `"Action": "iam:ListAccessKeys", "Resource": "arn:aws:iam::123456789012:role/qovery"`,
		"a malformed ARN":   `"Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:eu-west-3:123456789012:/token"`,
		"needlessly broad":  `"Action": "iam:ListAccessKeys", "Resource": "*"`,
		"needlessly narrow": `"Action": "cloudtrail:LookupEvents", "Resource": "arn:aws:cloudtrail:eu-west-3:1:trail/a"`,
		"a useless one":     `"Action": "sns:Publish", "Resource": ["arn:aws:sns:eu-west-3:1:a", "arn:aws:sqs:::b"]`,
		"no such condition": `"Action": "sns:Publish", "Resource": "arn:aws:sns:eu-west-3:123456789012:a",
			"Condition": {"StringEquals": {"dynamodb:LeadingKeys": "a"}}`,
	} {
		var parsed map[string]any
		if err := json.Unmarshal([]byte("{"+statement+"}"), &parsed); err != nil {
			t.Fatal(err)
		}
		if problems := r.problems(t, parsed); len(problems) != 1 {
			t.Errorf("%s: %q", name, problems)
		}
	}
}
