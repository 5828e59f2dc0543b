package stack

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/test/awstest"
)

// released is the file with a release's template: made once, and only read.
var released = sync.OnceValue(func() string {
	text, err := Released(filepath.Join(workDir, "dist"), context())
	if err != nil {
		panic(err)
	}
	file := filepath.Join(workDir, "released.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		panic(err)
	}
	return file
})

// given are values of the parameters that have no default, and of one more; the same
// target as in rotation.json.
var (
	given = map[string]string{
		"TargetName": "staging", "IamUserName": "qovery", "IamUserPath": "/automation/", "RateDays": "84",
		"KeyAgeLimitDays": "90",
		"OrganizationId":  "7d50af3b-2e4c-4c68-8b1f-309e8d6c2ba1", "FirstRun": "2026-01-13T08:00:00Z",
		"AlertEmail": "platform@company.example", "CodeBucket": "artifacts", "CodePrefix": "v1.2.3/",
	}
	same = `{"alertEmails": ["platform@company.example"], "targets": [` + strings.Replace(targetJSON("staging", "qovery",
		`"iamUserPath": "/automation/"`), `"2026-01-13T09:00:00+01:00"`, `"2026-01-13T08:00:00Z", "rateDays": 84`, 1) + `]}`
)

// valuesOf are the values of all parameters, with the defaults.
func valuesOf(t *testing.T, tpl template, given map[string]string) map[string]string {
	t.Helper()
	all := maps.Clone(given)
	for name, p := range tpl.Parameters {
		switch _, is := all[name]; {
		case is:
		case p["Default"] == nil:
			t.Fatalf("the parameter %s has neither a value nor a default", name)
		default:
			all[name] = fmt.Sprint(p["Default"])
		}
	}
	return all
}

// with has references to parameters resolve to values.
func with[T any](values map[string]string, do func() T) T {
	known := pseudo
	defer func() { pseudo = known }()
	pseudo = maps.Clone(known)
	maps.Copy(pseudo, values)
	return do()
}

// With the values of a configuration, a release's template is what the CDK makes of
// that configuration: resource by resource, code and metadata aside.
func TestTheReleasedTemplateIsTheConfigurations(t *testing.T) {
	tpl := readTemplate(t, released())
	got := with(valuesOf(t, tpl, given), func() map[string]string { return plain(tpl, "standinname", "standinemail") })
	want := plain(synthesize(t, same, config.Environment{}, today).templates[Name], "staging", "platformcompanyexample")
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if !reflect.DeepEqual(got[id], want[id]) {
			t.Errorf("%s differs:\n%v\n%v", id, got[id], want[id])
		}
	}
	if len(got) != len(want) || len(want) < 50 {
		t.Errorf("there are %d resources and outputs, not %d", len(got), len(want))
	}
}

// plain are a template's resources and outputs with everything resolved, by ids
// without hashes, the target's name and its address.
func plain(tpl template, name, address string) map[string]string {
	all := map[string]string{}
	common := strings.NewReplacer("schedules"+name, "schedulesTARGET", "targets"+name, "targetsTARGET", address, "ADDRESS")
	for id, resource := range tpl.Resources {
		if resource.Type == "AWS::Lambda::Function" {
			delete(resource.Properties, "Code")
		}
		all[common.Replace(plainID(id))] = resource.Type + " " + asText(resolve(resource.Properties))
	}
	for id, output := range tpl.Outputs {
		all["Outputs."+id] = asText(resolve(output.Value))
	}
	return all
}

// asText writes numbers, and times, as a parameter does.
func asText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	text = regexp.MustCompile(`:"(\d+)"`).ReplaceAll(text, []byte(`:$1`))
	return strings.ReplaceAll(string(text), ".000Z", "Z")
}

// Every parameter is used, nothing is left of what stood for it, and the template
// needs no bootstrapped account.
func TestTheReleasedTemplateIsSelfContained(t *testing.T) {
	data, err := os.ReadFile(released())
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"stand-in", "777", "888", "1439", "2001-", "cdk-", "Bootstrap", "asset"} {
		if at := strings.Index(string(data), left); at >= 0 {
			t.Errorf("%q is left: %s", left, data[max(at-100, 0):at+100])
		}
	}
	tpl := readTemplate(t, released())
	for name := range tpl.Parameters {
		if !strings.Contains(string(data), `"Ref": "`+name+`"`) {
			t.Errorf("nothing refers to %s", name)
		}
	}
	if most := 1 << 20; len(data) > most {
		t.Errorf("it has %d bytes, and CloudFormation takes %d", len(data), most)
	}
}

// The defaults are a target that a rotation accepts, and a wrong value is refused by
// its parameter's pattern.
func TestTheParametersAreTheTargets(t *testing.T) {
	tpl := readTemplate(t, released())
	text := with(valuesOf(t, tpl, given), func() string { return tpl.one(t, "AWS::SSM::Parameter").text("Value") })
	parsed, err := target.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	want := target.Default()
	want.Name, want.IAMUserName, want.IAMUserPath = "staging", "qovery", "/automation/"
	want.OrganizationID, want.Schedule.RateDays = given["OrganizationId"], 84
	want.Schedule.StartAt, want.Account, want.Region = given["FirstRun"], "123456789012", "eu-west-3"
	if !reflect.DeepEqual(parsed, want) {
		t.Errorf("the target is %+v, not %+v", parsed, want)
	}
	for name, wrong := range map[string]string{"TargetName": "Production", "IamUserPath": "/*/", "IamUserName": "a/b",
		"OrganizationId": "acme", "TokenParameter": "/a*", "FirstRun": "2026-01-13T09:00:00+01:00", "GracePeriod": "2 h",
		"AlertEmail": "nobody", "CodeBucket": "s3://bucket"} {
		pattern, _ := tpl.Parameters[name]["AllowedPattern"].(string)
		if regexp.MustCompile(pattern).MatchString(wrong) {
			t.Errorf("%s takes %q", name, wrong)
		}
	}
}

// All but the schedules can be deployed: moto takes it. The schedules are judged by the
// rule of EventBridge Scheduler.
func TestTheReleasedTemplateDeploys(t *testing.T) {
	endpoint, tpl := awstest.Moto(t), readTemplate(t, released())
	put(t, endpoint+"/artifacts", nil)
	for _, zip := range Zips() {
		put(t, endpoint+"/artifacts/v1.2.3/"+zip, emptyZip(t))
	}
	schedule := tpl.rotations()["schedulesstandinname"]
	for at, taken := range map[time.Time]bool{today: true, today.AddDate(0, 0, 4): false} {
		err := with(valuesOf(t, tpl, given), func() error { return (scheduler{at}).put(schedule) })
		if (err == nil) != taken {
			t.Errorf("%s: %v", at, err)
		}
	}
	deployed := deploy(t, cloudformation.NewFromConfig(awstest.Config(endpoint)), tpl)
	for id, resource := range tpl.Resources {
		if deployed[id] == unknownToMoto.MatchString(resource.Type) {
			t.Errorf("%s, a %s: deployed is %t", id, resource.Type, deployed[id])
		}
	}
}

// deploy returns the ids of what moto has made of the template, schedules aside.
func deploy(t *testing.T, client *cloudformation.Client, tpl template) map[string]bool {
	t.Helper()
	input := &cloudformation.CreateStackInput{StackName: aws.String(Name), TemplateBody: aws.String(tpl.forMoto(t)),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}}
	for name, value := range given {
		input.Parameters = append(input.Parameters, types.Parameter{ParameterKey: &name, ParameterValue: &value})
	}
	if _, err := client.CreateStack(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	made, err := client.DescribeStackResources(t.Context(),
		&cloudformation.DescribeStackResourcesInput{StackName: aws.String(Name)})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, resource := range made.StackResources {
		ids[aws.ToString(resource.LogicalResourceId)] = true
	}
	return ids
}

// unknownToMoto are the types that its CloudFormation passes over, and schedules.
var unknownToMoto = regexp.MustCompile(
	`^AWS::(Scheduler::.*|CloudWatch::Alarm|SNS::(TopicPolicy|Subscription)|SQS::QueuePolicy|Lambda::EventInvokeConfig)$`)

// forMoto is the template without what moto can't read: schedules, ARNs of alarms, and
// tags of parameters.
func (tpl template) forMoto(t *testing.T) string {
	t.Helper()
	tpl.Resources = maps.Clone(tpl.Resources)
	maps.DeleteFunc(tpl.Resources, func(_ string, resource entry) bool {
		return strings.HasPrefix(resource.Type, "AWS::Scheduler::")
	})
	for _, parameter := range tpl.all("AWS::SSM::Parameter") {
		delete(parameter.Properties, "Tags")
	}
	text, err := json.Marshal(tpl)
	if err != nil {
		t.Fatal(err)
	}
	arnOfAlarm := regexp.MustCompile(`{"Fn::GetAtt":\["alarm[^"]*","Arn"\]}`)
	return arnOfAlarm.ReplaceAllString(string(text), `"arn:aws:cloudwatch:eu-west-3:123456789012:alarm:one"`)
}

func put(t *testing.T, url string, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, answer.Status)
	}
}

// emptyZip is enough for moto, which runs nothing here.
func emptyZip(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := zip.NewWriter(&file).Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// docs/terraform.md gives what has no default, and nothing that there isn't. A
// parameter is called like its field, or the page says how.
func TestThePageNamesTheParameters(t *testing.T) {
	page, err := os.ReadFile("../../docs/terraform.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "parameters = {\n")
	block, _, _ = strings.Cut(block, "\n  }")
	set := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^ +(\w+) +=`).FindAllStringSubmatch(block, -1) {
		set[found[1]] = true
	}
	tpl := readTemplate(t, released())
	for name, p := range tpl.Parameters {
		if p["Default"] == nil && !set[name] {
			t.Errorf("the page does not set %s", name)
		}
		delete(set, name)
	}
	if len(set) > 0 {
		t.Errorf("the template has no parameters %v", set)
	}
	for _, p := range parameters {
		said := strings.EqualFold(p.name, p.field) || strings.Contains(string(page), "| `"+p.name+"` | `"+p.field+"`")
		if !said {
			t.Errorf("the page does not say that %s is %s", p.name, p.field)
		}
	}
}
