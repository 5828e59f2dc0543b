package stack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// parameter is one of a released template's, with what stands for it.
type parameter struct {
	name          string
	object, field string // of the schema, which describes it
	standIns      []string
}

// parameters are those of the target. What a stack is built differently for, such as
// a list, is no parameter.
var parameters = func() []parameter {
	cfg := standIns()
	t := cfg.Targets[0]
	all := []parameter{
		{"TargetName", "target", "name", []string{t.Name}},
		{"IamUserName", "target", "iamUserName", []string{t.IAMUserName}},
		{"IamUserPath", "target", "iamUserPath", []string{t.IAMUserPath}},
		{"OrganizationId", "target", "organizationId", []string{t.OrganizationID}},
		{"TokenParameter", "target", "tokenParameter", []string{t.TokenParameter}},
		{"FirstRun", "schedule", "startAt", []string{t.Schedule.StartAt, startDate(t.Schedule, longAgo)}},
		{"RateDays", "schedule", "rateDays", []string{strconv.Itoa(rateStandIn)}},
		{"FlexibleWindowMinutes", "schedule", "flexibleWindowMinutes", []string{strconv.Itoa(windowStandIn)}},
		{"MaxDeployAttempts", "target", "maxDeployAttempts", []string{strconv.Itoa(attemptsStandIn)}},
		{"Verification", "target", "verification", []string{string(t.Verification)}},
		{"UndeployedChanges", "target", "undeployedChanges", []string{string(t.UndeployedChanges)}},
		{"AlertEmail", config.WholeFile, "alertEmails", cfg.AlertEmails},
		{"KeyAgeLimitDays", config.WholeFile, "keyAgeLimitDays", []string{strconv.Itoa(limitStandIn)}},
	}
	for field, standIn := range map[string]target.Duration{"gracePeriod": t.GracePeriod, "idleFor": t.IdleFor,
		"maxGraceExtension": t.MaxGraceExtension, "observationPeriod": t.ObservationPeriod,
		"deploymentTimeout": t.DeploymentTimeout} {
		name := strings.ToUpper(field[:1]) + field[1:]
		all = append(all, parameter{name, "target", field, []string{standIn.String()}})
	}
	return all
}()

// describe is the parameter as a template declares it.
func (p parameter) describe(objects map[string]config.Object) map[string]any {
	field := objects[p.object].Properties[p.field]
	declared := map[string]any{"Type": "String", "Description": field.Description}
	pattern := field.Pattern
	switch p.name {
	case "FirstRun":
		declared["Description"] = "The first rotation, and what the others are counted from: a time ahead, in UTC, such as " +
			"2027-01-12T08:00:00Z"
		pattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$` // as EventBridge Scheduler takes it
	case "FlexibleWindowMinutes":
		field.Minimum = new(1) // 0 is another kind of schedule
	case "KeyAgeLimitDays":
		field.Default = json.RawMessage(strconv.Itoa(config.DefaultKeyAgeLimit(target.Default())))
	case "AlertEmail":
		pattern = field.Items.Pattern
	}
	if name := strings.TrimPrefix(field.Ref, "#/$defs/"); name != "" {
		pattern = objects[name].Pattern
	}
	for name, value := range map[string]any{"Default": field.Default, "MinValue": field.Minimum,
		"MaxValue": field.Maximum, "AllowedPattern": pattern, "AllowedValues": field.Enum} {
		if text, err := json.Marshal(value); err == nil && string(text) != "null" && string(text) != `""` {
			declared[name] = value
		}
	}
	if field.Type == "integer" {
		declared["Type"] = "Number"
	}
	return declared
}

// standIn finds every stand-in in a text.
var standIn = sync.OnceValue(func() *regexp.Regexp {
	var all []string
	for text := range byStandIn() {
		all = append(all, regexp.QuoteMeta(text))
	}
	return regexp.MustCompile(strings.Join(all, "|"))
})

// byStandIn are the names of the parameters.
var byStandIn = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, p := range parameters {
		for _, text := range p.standIns {
			names[text] = p.name
		}
	}
	return names
})

// parameterize replaces the stand-ins within a value by references to parameters.
func parameterize(value any) any {
	switch value := value.(type) {
	case string:
		return parameterizeText(value)
	case float64:
		if name := byStandIn()[fmt.Sprintf("%.0f", value)]; name != "" {
			return ref(name)
		}
	case []any:
		for i := range value {
			value[i] = parameterize(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = parameterize(value[name])
		}
	}
	return value
}

func parameterizeText(text string) any {
	var parts []any
	rest := 0
	for _, at := range standIn().FindAllStringIndex(text, -1) {
		if at[0] > rest {
			parts = append(parts, text[rest:at[0]])
		}
		parts, rest = append(parts, ref(byStandIn()[text[at[0]:at[1]]])), at[1]
	}
	switch {
	case len(parts) == 0:
		return text
	case rest < len(text):
		parts = append(parts, text[rest:])
	case len(parts) == 1:
		return parts[0]
	}
	return join(parts...)
}

// replaceByName puts the parameters' names in the place of the stand-ins.
func replaceByName(text string) string {
	return standIn().ReplaceAllStringFunc(text, func(found string) string { return byStandIn()[found] })
}

func ref(name string) map[string]any { return map[string]any{"Ref": name} }

func join(parts ...any) map[string]any { return map[string]any{"Fn::Join": []any{"", parts}} }
