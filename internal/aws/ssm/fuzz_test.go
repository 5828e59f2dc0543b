package ssm_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

// answering is an HTTP client that gives one answer to everything.
type answering struct {
	status int
	body   []byte
}

// Do answers.
func (a answering) Do(*http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/x-amz-json-1.1")
	recorder.WriteHeader(a.status)
	_, _ = recorder.Write(a.body)
	return recorder.Result(), nil
}

func answered(status int, body []byte) aws.Config {
	cfg := awstest.Config("http://127.0.0.1:1")
	cfg.HTTPClient = answering{status, body}
	return cfg
}

func holding(t *testing.T, name, value string) aws.Config {
	t.Helper()
	body, err := json.Marshal(map[string]any{"Parameter": map[string]any{"Name": name, "Type": "SecureString",
		"Value": value, "Version": 1}})
	if err != nil {
		t.Fatal(err)
	}
	return answered(http.StatusOK, body)
}

// A staged value is the key's secret or an error that does not quote it.
func FuzzStagedSecret(f *testing.F) {
	for _, value := range []string{
		``, `{}`, `null`, `[]`, awstest.Planted, `"` + awstest.Planted + `"`, `{"accessKeyId":"` + string(id) + `"}`,
		`{"accessKeyId":"` + string(id) + `","secretAccessKey":"` + awstest.Planted + `"}`,
		`{"accessKeyId":"AKIAANOTHER","secretAccessKey":"` + awstest.Planted + `"}`,
		`{"accessKeyId":"` + string(id) + `","secretAccessKey":["` + awstest.Planted + `"]}`,
		`{"accessKeyId":"` + string(id) + `","secretAccessKey":"` + awstest.Planted + `"} ` + awstest.Planted,
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		read, err := store(holding(t, staged+string(id), value)).Staged(staged).Get(t.Context(), id)
		if err != nil {
			if !fault.HasCode(err, fault.MalformedAnswer) || strings.Contains(err.Error(), awstest.Planted) {
				t.Error(err)
			}
			return
		}
		again, err := json.Marshal(map[string]string{"accessKeyId": string(id), "secretAccessKey": read.Reveal()})
		if err != nil || read.Reveal() == "" || !strings.Contains(value, string(id)) && !strings.Contains(value, `\`) {
			t.Fatalf("%q is taken for the key's secret", value)
		}
		if same, err := store(holding(t, staged+string(id), string(again))).Staged(staged).Get(t.Context(), id); err != nil ||
			!same.Equal(read) {
			t.Errorf("staged again it is another secret: %v", err)
		}
	})
}

// A deployed target is one that passes its own check, and has the name that it
// was asked for, or an error on one line.
func FuzzTargetParameter(f *testing.F) {
	f.Add(myTarget)
	f.Add(`{"name":"production","gracePeriod":"1h","schedule":{"startAt":"x"}}`)
	f.Add(strings.ReplaceAll(myTarget, "production", "other"))
	f.Add("{\"na\nme\":1}")
	f.Fuzz(func(t *testing.T, value string) {
		target, err := store(holding(t, targets+"production", value)).Targets(targets).Target(t.Context(), "production")
		switch {
		case err == nil:
			if err := target.Check(); err != nil || target.Name != "production" {
				t.Errorf("%s: %v", target.Name, err)
			}
		case value == "" && fault.HasCode(err, fault.MalformedAnswer):
		case !fault.HasCode(err, fault.InvalidInput) || strings.Contains(err.Error(), "\n"),
			!strings.Contains(err.Error(), "Correct the target in rotation.json"):
			t.Error(err)
		}
	})
}

// quotable could be no error's code, which is told of every error.
const quotable = awstest.Planted + " in words"

// Whatever Parameter Store answers, there is an answer or an error of the domain,
// and no secret in it.
func FuzzAnswers(f *testing.F) {
	operations := []func(t *testing.T, cfg aws.Config) error{
		func(t *testing.T, cfg aws.Config) error { _, err := store(cfg).Token(t.Context(), token); return err },
		func(t *testing.T, cfg aws.Config) error {
			_, err := store(cfg).Staged(staged).Put(t.Context(), id, secret)
			return err
		},
		func(t *testing.T, cfg aws.Config) error {
			_, err := store(cfg).Staged(staged).Get(t.Context(), id)
			return err
		},
		func(t *testing.T, cfg aws.Config) error { return store(cfg).Staged(staged).Delete(t.Context(), id) },
		func(t *testing.T, cfg aws.Config) error {
			_, err := store(cfg).Targets(targets).Target(t.Context(), "production")
			return err
		},
	}
	for i := range operations {
		for _, body := range []string{
			``, `{}`, `null`, `{"Version":1}`, `{"Version":"` + quotable + `"}`, `{"Parameter":null}`, `{"Parameter":{"Name":"` +
				token + `"}}`,
			`{"Parameter":{"Name":"` + token + `","Type":"SecureString","Value":"` + quotable + `"}}`,
			`{"Parameter":{"Name":"` + staged + string(id) + `","Value":"` + quotable + `"}}`,
		} {
			f.Add(uint8(i), uint16(0), []byte(body))
		}
		for _, code := range []string{"ParameterNotFound", "ParameterAlreadyExists", "AccessDeniedException",
			"InternalServerError", "Oh no"} {
			f.Add(uint8(i), uint16(200), []byte(`{"__type":"`+code+`","message":"`+quotable+`"}`))
		}
	}
	f.Fuzz(func(t *testing.T, operation uint8, status uint16, body []byte) {
		i := int(operation) % len(operations)
		err := operations[i](t, answered(200+int(status%400), body))
		var coded *fault.Error
		switch {
		case err == nil:
			if s := 200 + int(status%400); s > 299 && !strings.Contains(string(body), "Parameter") {
				t.Errorf("operation %d takes %d for a success", i, s)
			}
		case errors.Is(err, rotation.ErrNotStaged):
		case !errors.As(err, &coded) || coded.Code == "":
			t.Errorf("operation %d: %v has no code", i, err)
		case i < 4 && strings.Contains(err.Error(), quotable), strings.Contains(err.Error(), string(id)):
			t.Errorf("operation %d quotes what may be a secret: %v", i, err)
		}
	})
}
