package stack

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// The definition's placeholders, the folders of functions/ and the functions of
// the stack are the same, but for those that are no steps.
func TestPlaceholdersFoldersAndFunctionsAgree(t *testing.T) {
	tpl, _ := shipped(t)
	placeholders := sortedSteps(statemachine.Placeholders(statemachine.Definition))
	deployed := slices.Collect(maps.Keys(tpl.all("AWS::Lambda::Function")))
	for _, name := range []string{notify, auditor} {
		if !slices.Contains(deployed, name) || !slices.Contains(folders(t), name) {
			t.Errorf("%s is not deployed", name)
		}
	}
	for name, others := range map[string][]string{"functions of the stack": deployed, "folders": folders(t)} {
		if steps := sortedSteps(others); !slices.Equal(steps, placeholders) {
			t.Errorf("%s: %v, placeholders: %v", name, steps, placeholders)
		}
	}
}

func sortedSteps(names []string) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(names)), func(name string) bool {
		return !function{name: name}.isStep()
	})
}

// folders are the folders of functions/ that hold a command.
func folders(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, main := range mains {
		names = append(names, filepath.Base(filepath.Dir(main)))
	}
	return names
}

func TestMachineHasTheDefinitionAndItsFunctions(t *testing.T) {
	tpl, _ := shipped(t)
	deployed := tpl.one(t, "AWS::StepFunctions::StateMachine")
	if deployed.text("DefinitionString") != string(statemachine.Definition) {
		t.Error("the definition is not the one of statemachine/")
	}
	substitutions := deployed.property("DefinitionSubstitutions").(map[string]any)
	for _, name := range statemachine.Placeholders(statemachine.Definition) {
		if substitutions[name] != "${"+name+".Arn}" {
			t.Errorf("${%s} is %v", name, substitutions[name])
		}
	}
}

// A Task waits longer than its function may take, else it would be tried again
// while the function is still at work.
func TestFunctionsEndBeforeTheirTasks(t *testing.T) {
	tpl, _ := shipped(t)
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	deployed := tpl.all("AWS::Lambda::Function")
	for _, state := range machine.States() {
		if state.Type != "Task" {
			continue
		}
		name := strings.Trim(state.FunctionName, "${}")
		timeout := time.Duration(deployed[name].property("Timeout").(float64)) * time.Second
		if timeout != rotation.FunctionTimeouts[name] {
			t.Errorf("%s may take %s, not %s", name, timeout, rotation.FunctionTimeouts[name])
		}
		if timeout >= time.Duration(state.TimeoutSeconds)*time.Second {
			t.Errorf("%s may take %s, and its state %s waits for %d s", name, timeout, state.Name, state.TimeoutSeconds)
		}
	}
}

func TestFunctionsAreAlikeInEverythingElse(t *testing.T) {
	tpl, _ := shipped(t)
	groups := tpl.all("AWS::Logs::LogGroup")
	for name, function := range tpl.all("AWS::Lambda::Function") {
		for path, want := range map[string]any{
			"FunctionName":             "qovery-key-rotation-" + name,
			"Runtime":                  "provided.al2023",
			"Handler":                  "bootstrap",
			"MemorySize":               128.0,
			"TracingConfig.Mode":       "Active",
			"LoggingConfig.LogFormat":  "JSON",
			"LoggingConfig.LogGroup":   "${" + name + "logs}",
			"LoggingConfig.LogStream":  nil,
			"VpcConfig":                nil,
			"ReservedConcurrentLimits": nil,
		} {
			if got := function.property(path); got != want {
				t.Errorf("%s: %s is %v, not %v", name, path, got, want)
			}
		}
		if got := list(function.property("Architectures")); !slices.Equal(got, []string{"arm64"}) {
			t.Errorf("%s runs on %v", name, got)
		}
		if function.text("Description") == "" {
			t.Errorf("%s has no description", name)
		}
		group := groups[name+"logs"]
		if group.text("LogGroupName") != "/aws/lambda/qovery-key-rotation-"+name ||
			group.property("RetentionInDays") != 400.0 {
			t.Errorf("%s logs to %v", name, group.Properties)
		}
	}
}

// A function is given the variables that its main reads, and no others.
func TestFunctionsGetTheVariablesTheyRead(t *testing.T) {
	constants := map[string]string{
		"lambda.TableName": lambda.TableName, "lambda.TargetPrefix": lambda.TargetPrefix,
		"lambda.StagedPrefix": lambda.StagedPrefix,
		"lambda.KMSKeyARN":    lambda.KMSKeyARN, "lambda.CreatorRoleARN": lambda.CreatorRoleARN,
		"lambda.TargetNames":   lambda.TargetNames,
		"lambda.AllMetrics":    lambda.AllMetrics,
		"lambda.ScheduleGroup": lambda.ScheduleGroup, "lambda.StateMachineARN": lambda.StateMachineARN,
		"lambda.KeyAgeLimitDays": lambda.KeyAgeLimitDays,
		"qovery.FromEnvironment": lambda.QoveryAPIURL,
	}
	reads := regexp.MustCompile(`lambda\.[A-Z]\w*|qovery\.FromEnvironment`)
	for _, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join("../../functions", f.name, "main.go"))
			if err != nil {
				t.Fatal(err)
			}
			var read []string
			for _, name := range reads.FindAllString(string(source), -1) {
				if variable := constants[name]; variable != "" && !slices.Contains(read, variable) {
					read = append(read, variable)
				}
			}
			if strings.Contains(string(source), "sender.New(") {
				read = append(read, lambda.TopicARN, lambda.ChatTopicARN, lambda.SlackWebhookParameter,
					lambda.TeamsWebhookParameter)
			}
			given := slices.Sorted(slices.Values(f.env))
			slices.Sort(read)
			if !slices.Equal(read, given) {
				t.Errorf("it reads %v and is given %v", read, given)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	tpl, _ := shipped(t)
	want := map[string]string{
		"TABLE_NAME": "${journal}", "TARGET_PREFIX": "/qovery-key-rotation/targets/",
		"STAGED_PREFIX": "/qovery-key-rotation/staged/", "TOPIC_ARN": "${notices}",
		"CHAT_TOPIC_ARN":   "${chat}",
		"CREATOR_ROLE_ARN": "${createkeyrole.Arn}",
		"TARGET_NAMES":     "production", "SCHEDULE_GROUP": "qovery-key-rotation", "KEY_AGE_LIMIT_DAYS": "97",
		"STATE_MACHINE_ARN": machine,
	}
	for name, function := range tpl.all("AWS::Lambda::Function") {
		variables, _ := function.property("Environment.Variables").(map[string]any)
		for variable, value := range variables {
			if value != want[variable] {
				t.Errorf("%s: %s is %v", name, variable, value)
			}
		}
	}
}

// isStep tells whether the state machine invokes the function.
func (f function) isStep() bool { return f.name != notify && f.name != auditor }
