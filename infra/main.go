// Command infra is the CDK app: it turns the configuration in rotation.json into one
// CloudFormation stack for each account and region. The CDK's CLI runs it.
//
// With 'release FUNCTIONS OUT' it writes what a release has (release.go). 'make release'
// runs that.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/infra/stack"
)

// assetsDir is where the build of cdk.json puts the functions.
const assetsDir = "dist"

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 0:
		err = synthesize(time.Now())
	case len(args) == 3 && args[0] == "release":
		err = writeRelease(args[1], args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: infra [release FUNCTIONS OUT], in the repository's folder")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func synthesize(now time.Time) error {
	clean, err := ownTempDir()
	if err != nil {
		return err
	}
	defer clean()
	name, file, err := readFile(os.Stderr)
	if err != nil {
		return err
	}
	cli := config.Environment{Account: os.Getenv("CDK_DEFAULT_ACCOUNT"), Region: os.Getenv("CDK_DEFAULT_REGION")}
	cfg, err := config.Parse(file, cli, now)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := stack.CheckAssets(assetsDir); err != nil {
		return err
	}
	return writeTemplates(cfg, now)
}

// writeTemplates is where Node runs. What the CDK refuses there comes as a panic
// with an error; a panic with anything else is a fault of this program.
func writeTemplates(cfg config.Config, now time.Time) (err error) {
	defer func() {
		switch refusal := recover().(type) {
		case nil:
		case runtime.Error:
			panic(refusal)
		case error:
			err = fmt.Errorf("the CDK refuses this configuration: %w", refusal)
		default:
			panic(refusal)
		}
	}()
	app := awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false), // no resource in the template that only counts its users
		StackTraces:        jsii.Bool(false), // they are Node's, and would stand beside each warning
	})
	stack.AddAll(app, cfg, assetsDir, now)
	app.Synth(nil)
	return nil
}

// ownTempDir lets what jsii unpacks go to a folder that is removed in the end.
//
// jsii.Close would clean up as well, but once Node runs it waits for it twice at
// the same time, and now and then prints an error that is none. Before that it
// only removes what jsii has unpacked by then. Node ends with this process.
func ownTempDir() (clean func(), err error) {
	jsii.Close()
	dir, err := os.MkdirTemp("", "infra")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	clean = func() { os.RemoveAll(dir) }
	return clean, os.Setenv("TMPDIR", dir)
}
