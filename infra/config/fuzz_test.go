package config

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"qovery-key-rotation/internal/rotation/target"
)

// Whatever stands in rotation.json, there are mistakes, each with its place and a
// right example, or a configuration whose targets can be deployed and read again.
func FuzzParse(f *testing.F) {
	for _, row := range mistakes {
		f.Add(row.config)
	}
	f.Add(one())
	f.Add(many(3))
	f.Add(`{"targets": [1e300, {"schedule": {"rateDays": 9223372036854775807}}, null], "keyAgeLimitDays": -0, ` +
		`"customerKey": true, "qoveryApiUrl": "http://localhost"}`)
	f.Fuzz(func(t *testing.T, text string) {
		config, err := Parse(json.RawMessage(text), Environment{"123456789012", "eu-west-3"}, today)
		if err != nil {
			checkMistakes(t, err)
			return
		}
		stacked := 0
		for _, stack := range config.Stacks() {
			stacked += len(stack.Targets)
		}
		if stacked == 0 || stacked != len(config.Targets) {
			t.Errorf("%d targets, and %d in stacks", len(config.Targets), stacked)
		}
		for _, target := range config.Targets {
			checkDeployable(t, target)
		}
	})
}

func checkMistakes(t *testing.T, err error) {
	t.Helper()
	var found Mistakes
	if !errors.As(err, &found) || len(found) == 0 {
		t.Fatalf("%v are no mistakes", err)
	}
	for _, mistake := range found {
		if mistake.Problem == "" || mistake.Example == "" {
			t.Errorf("%+v does not say what to fix", mistake)
		}
	}
}

func checkDeployable(t *testing.T, deployed target.Target) {
	t.Helper()
	value, err := json.Marshal(deployed)
	if err != nil {
		t.Fatal(err)
	}
	read, err := target.Parse(value)
	if err != nil {
		t.Fatalf("deployed, and not accepted: %v\n%s", err, value)
	}
	if again, _ := json.Marshal(read); !reflect.DeepEqual(again, value) {
		t.Errorf("came back as %s, was %s", again, value)
	}
	if _, err := deployed.Schedule.FirstRun(today); err != nil {
		t.Error(err)
	}
}
