package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// Released is the template of a release, for those who deploy without the CDK. It has
// one target, whose fields are parameters; the functions' zips lie in a bucket that is
// a parameter, too.
//
// It is synthesized like any other, with a stand-in for each parameter. These are then
// replaced: what CloudFormation makes of it is what the CDK makes of rotation.json.
func Released(assetsDir string, context map[string]any) ([]byte, error) {
	out, err := os.MkdirTemp("", "release")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(out) }()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, AnalyticsReporting: jsii.Bool(false), Context: &context})
	cfg := standIns()
	New(app, Name, Props{Config: cfg, Stack: cfg.Stacks()[0], AssetsDir: assetsDir, Now: longAgo})
	app.Synth(nil)
	data, err := os.ReadFile(filepath.Join(out, Name+".template.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	var template map[string]any
	if err := json.Unmarshal(data, &template); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	release(template)
	return json.MarshalIndent(template, "", " ")
}

// These stand for what a parameter says: none of them is anywhere else in a template.
const (
	startStandIn    = "2001-02-03T04:05:06Z"
	rateStandIn     = 777001
	attemptsStandIn = 777002
	limitStandIn    = 777003
	windowStandIn   = 1439 // the CDK judges it
)

// longAgo is before startStandIn, which so becomes the schedule's first run.
var longAgo = time.Time{}

// standIns is the configuration with a stand-in for each parameter's value.
func standIns() config.Config {
	t := target.Default()
	t.Name, t.IAMUserName, t.IAMUserPath = "stand-in-name", "stand-in-user", "/stand-in/path/"
	t.OrganizationID, t.TokenParameter = "stand-in-organization", "/stand-in/token"
	t.Schedule.StartAt, t.Schedule.RateDays, t.Schedule.FlexibleWindowMinutes = startStandIn, rateStandIn, windowStandIn
	for i, timing := range []*target.Duration{&t.GracePeriod, &t.IdleFor, &t.MaxGraceExtension, &t.ObservationPeriod,
		&t.DeploymentTimeout} {
		*timing = target.Duration(time.Duration(888001+i) * time.Hour)
	}
	t.MaxDeployAttempts, t.Verification, t.UndeployedChanges = attemptsStandIn, "stand-in-verification", "stand-in-changes"
	return config.Config{Targets: []target.Target{t}, AlertEmails: []string{"stand-in@email"},
		KeyAgeLimitDays: limitStandIn, Alarms: config.EssentialAlarms}
}

// release makes a template that needs no bootstrapped account.
func release(template map[string]any) {
	delete(template, "Rules") // about the bootstrapping
	for _, resource := range template["Resources"].(map[string]any) {
		resource := resource.(map[string]any)
		delete(resource, "Metadata") // the CDK's
		if resource["Type"] == "AWS::Lambda::Function" {
			properties := resource["Properties"].(map[string]any)
			properties["Code"] = map[string]any{"S3Bucket": ref("CodeBucket"),
				"S3Key": join(ref("CodePrefix"), zipOf(properties["FunctionName"].(string)))}
		}
	}
	for _, output := range template["Outputs"].(map[string]any) {
		output := output.(map[string]any)
		output["Description"] = replaceByName(output["Description"].(string)) // CloudFormation takes only text
	}
	all := map[string]any{
		"CodeBucket": map[string]any{"Type": "String",
			"Description":    "The bucket, in this region, with the zips of the release",
			"AllowedPattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"},
		"CodePrefix": map[string]any{"Type": "String", "Default": "",
			"Description": "What the zips' keys in the bucket begin with, such as v1.2.3/"},
	}
	objects := config.Objects()
	for _, p := range parameters {
		all[p.name] = p.describe(objects)
	}
	for _, section := range []string{"Resources", "Outputs"} {
		template[section] = parameterize(template[section])
	}
	template["Parameters"] = all
}

// Zips are the names of the functions' zips in a release, by the folders that the
// functions are built in.
func Zips() map[string]string {
	names := map[string]string{}
	for _, f := range functions {
		names[f.name] = zipOf(named(f.name))
	}
	return names
}

func zipOf(function string) string { return function + ".zip" }
