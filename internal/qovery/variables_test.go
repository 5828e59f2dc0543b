package qovery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

const (
	serviceID  = "5e41ce00-0000-4000-8000-000000000001"
	variableID = "7a41ab1e-0000-4000-8000-000000000001"
)

func service(kind string) rotation.Service {
	return rotation.Service{ID: serviceID, Name: "api", Kind: kind}
}

// A service gets what its environment and its project have; each is named by what has it.
func TestCopiesOfTheFake(t *testing.T) {
	opened, fake, clock := withFake(t, false)
	id := func(n int) string { return fmt.Sprintf("5e41ce00-0000-4000-8000-%012d", n) }
	fake.AddService(fakeqovery.Service{ID: id(1), Name: "api", Type: "APPLICATION", In: fakeqovery.Variable,
		HolderID: id(11), Key: oldKey})
	fake.AddService(fakeqovery.Service{ID: id(2), Name: "worker", Type: "CONTAINER", In: fakeqovery.Variable,
		HolderID: id(12), Scope: "PROJECT", Key: oldKey})
	fake.AddService(fakeqovery.Service{ID: id(3), Name: "nightly", Type: "JOB", In: fakeqovery.Secret, HolderID: id(13),
		Key: oldKey})
	fake.AddService(fakeqovery.Service{ID: id(4), Name: "buckets", Type: "TERRAFORM", In: fakeqovery.Arguments,
		HolderID: id(4), Key: oldKey})
	fake.AddService(fakeqovery.Service{ID: id(5), Name: "search", Type: "HELM", In: fakeqovery.Arguments, HolderID: id(5),
		Key: fakeqovery.Key{ID: "AKIAIOSFODNN7ANOTHER"}})
	clock.now = clock.now.Add(time.Minute)
	services, err := opened.Services(t.Context())
	if err != nil || len(services) != 5 {
		t.Fatalf("%+v, %v", services, err)
	}
	project := func(of string) string { return "the variable \"AWS_ACCESS_KEY_ID\" of the project of " + of }
	for i, want := range [][]string{
		{`the variable "AWS_ACCESS_KEY_ID" of the application "api"`, project(`the application "api"`)},
		{project(`the container "worker"`)},
		{project(`the job "nightly"`), `the secret "AWS_ACCESS_KEY_ID" of the job "nightly"`},
		{project(`the Terraform service "buckets"`), `the arguments of the Terraform service "buckets"`,
			`the secret "TF_VAR_aws_access_key_id" of the Terraform service "buckets"`},
		{project(`the Helm service "search"`)},
	} {
		copies, err := opened.Copies(t.Context(), services[i], []rotation.KeyID{testKey, rotation.KeyID(oldKey.ID)})
		var got []string
		for _, c := range copies {
			got = append(got, c.Name)
			if isSecret := strings.HasPrefix(c.Name, "the secret"); isSecret != (c.Key == "") {
				t.Errorf("%+v", c)
			}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", services[i].Name, got, err)
		}
	}
}

// What an answer doesn't say is an error, and never "no copy". No error and no copy has
// a value in it.
func TestMalformedServices(t *testing.T) {
	variable := func(fields string) string {
		return `{"results":[{"id":"` + variableID + `","key":"AWS_ACCESS_KEY_ID",` + fields + `}]}`
	}
	const terraform = `{"id":"x","terraform_variables_source":{"tf_vars":%s},"action_extra_arguments":%s}`
	for name, test := range map[string]struct {
		kind    string
		answers []string
		want    string // the copy's name, or of the error
	}{
		"no variables":         {"JOB", []string{`{}`}, `no "results"`},
		"no id":                {"JOB", []string{`{"results":[{"key":"A","is_secret":false,"value":"v"}]}`}, `no "id"`},
		"secret or not":        {"JOB", []string{variable(`"value":"` + testSecret + `"`)}, `no "is_secret"`},
		"a number":             {"JOB", []string{variable(`"value":7,"is_secret":false`)}, "another type"},
		"plain, and not shown": {"JOB", []string{variable(`"value":null,"is_secret":false`)}, "the secret"},
		"within a text": {"JOB", []string{variable(`"value":"x=` + string(testKey) + `;` + testSecret +
			`","is_secret":false`)}, "the variable"},
		"in escapes": {"JOB", []string{variable(`"value":"\u0041` + string(testKey)[1:] + `","is_secret":false`)},
			"the variable"},
		"a service without kind": {"", []string{`{"results":[{"id":"` + serviceID + `"}]}`}, `no "service_type"`},
		"a kind that leads away": {"", []string{`{"results":[{"id":"` + serviceID +
			`","service_type":"JOB&parent_id=x"}]}`}, `no "service_type"`},
		"a service without an id": {"", []string{`{"results":[{"service_type":"JOB"}]}`}, `no "id"`},
		"no arguments":            {"HELM", []string{emptyList, `{"id":"x","values_override":{}}`}, `no "arguments"`},
		"arguments of null": {"HELM", []string{emptyList, `{"id":"x","values_override":{},"arguments":null}`},
			`no "arguments"`},
		"a list": {"HELM", []string{emptyList, `[]`}, "another type"},
		"arguments in escapes": {"TERRAFORM", []string{emptyList,
			fmt.Sprintf(terraform, "[]", `{"plan":["-var=k=\u0041`+string(testKey)[1:]+`"]}`)}, "the arguments"},
		"a plain input": {"TERRAFORM", []string{emptyList, fmt.Sprintf(terraform,
			`[{"key":"k","value":"`+string(testKey)+`"}]`, "{}")}, "the arguments"},
		"a secret input": {"TERRAFORM", []string{emptyList, fmt.Sprintf(terraform,
			`[{"key":"aws_access_key_id","value":"`+testSecret+`","secret":true}]`, "{}")}, "the secret"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []func(http.ResponseWriter)
			for _, answer := range test.answers {
				list = append(list, body(answer))
			}
			opened, _ := serve(t, answers(list...))
			said := ""
			if test.kind == "" {
				_, err := opened.Services(t.Context())
				said = saidMalformed(t, err)
			} else if copies, err := opened.Copies(t.Context(), service(test.kind), []rotation.KeyID{testKey}); err != nil {
				said = saidMalformed(t, err)
			} else if len(copies) == 1 {
				said = copies[0].Name
			}
			if !strings.Contains(said, test.want) || strings.Contains(said, testSecret) {
				t.Errorf("%q, want %q", said, test.want)
			}
		})
	}
}

func saidMalformed(t *testing.T, err error) string {
	t.Helper()
	checkNoLeak(t, "an answer", err)
	if !fault.HasCode(err, fault.MalformedAnswer) {
		t.Errorf("%v", err)
		return ""
	}
	return err.Error()
}

// Kinds that have no variables are not asked for.
func TestWithoutVariables(t *testing.T) {
	opened, _ := open(t, Options{})
	for _, kind := range withoutVariables {
		if copies, err := opened.Copies(t.Context(), service(kind), []rotation.KeyID{testKey}); copies != nil || err != nil {
			t.Errorf("%s: %v, %v", kind, copies, err)
		}
	}
}
