package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/test/awstest"
)

const (
	region   = "eu-west-3"
	userPath = "/automation/"
)

// shipped is what all worlds share: the programs and the template, with one target.
var shipped struct {
	programs string // a folder for each function, with its bootstrap
	template *awstest.Template
	target   string
	policies *awstest.Policies // that judge what functions do; nil: everything is allowed
}

// prepare builds the functions for this machine, with the clock of the tests,
// and synthesizes the template with the app that is shipped.
func prepare(root, dir, target string) error {
	shipped.target = target
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	shipped.programs = filepath.Join(dir, "programs")
	names, err := filepath.Glob(filepath.Join(root, "functions/*/main.go"))
	if err != nil {
		return err
	}
	built := filepath.Join(dir, "built") + string(filepath.Separator)
	build := []string{"build", "-trimpath", "-tags", "lambda.norpc,testclock", "-ldflags", "-s -w", "-o", built}
	for _, name := range names {
		build = append(build, "./functions/"+filepath.Base(filepath.Dir(name)))
	}
	if err := command(root, []string{"CGO_ENABLED=0"}, "go", build...); err != nil {
		return err
	}
	for _, name := range names {
		function := filepath.Base(filepath.Dir(name))
		if err := os.MkdirAll(filepath.Join(shipped.programs, function), 0o755); err != nil {
			return err
		}
		if err := os.Rename(built+function, filepath.Join(shipped.programs, function, "bootstrap")); err != nil {
			return err
		}
		// The app wants programs for Lambda's machine.
		if err := awstest.Placeholders(filepath.Join(dir, "dist"), function); err != nil {
			return err
		}
	}
	if err := command(root, nil, "go", "build", "-o", filepath.Join(dir, "infra"), "./infra"); err != nil {
		return err
	}
	return synthesize(dir)
}

// synthesize runs the CDK app as the CDK's command line does.
func synthesize(dir string) error {
	config, err := json.Marshal(map[string]any{
		"qoveryApiUrl": "https://qovery.invalid",
		"alertEmails":  []string{"platform@example.com"},
		"targets": []any{map[string]any{
			"name": shipped.target, "iamUserName": lab.UserName, "iamUserPath": userPath,
			"organizationId": fakeqovery.DefaultConfig(nil).OrganizationID,
			"schedule":       map[string]any{"startAt": beginning.AddDate(0, 0, 6).Format(time.RFC3339)},
		}},
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "rotation.json"), config, 0o600)
	}
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "cdk.out")
	env := []string{`CDK_CONTEXT_JSON={"@aws-cdk/core:enablePartitionLiterals": true}`, "CDK_OUTDIR=" + out,
		"CDK_DEFAULT_ACCOUNT=",
		"CDK_DEFAULT_REGION=",
		"JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION=1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1"}
	if err := command(dir, env, filepath.Join(dir, "infra")); err != nil {
		return err
	}
	shipped.template, err = awstest.ReadTemplate(filepath.Join(out, "qovery-key-rotation.template.json"),
		awstest.Place{Account: awstest.Account, Region: region})
	return err
}

func command(dir string, env []string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, output)
	}
	return nil
}

// lane is a moto server and the address that is its host's. A world has one to
// itself while it lasts.
type lane struct {
	moto    *awstest.Engine
	address string
	server  *http.Server
	world   atomic.Pointer[world]
}

func openLane() (*lane, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &lane{address: listener.Addr().String()}
	l.server = &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w := l.world.Load(); w != nil {
			w.serve(rw, r)
			return
		}
		http.NotFound(rw, r)
	})}
	go func() { _ = l.server.Serve(listener) }()
	_, port, _ := net.SplitHostPort(l.address)
	l.moto, err = awstest.StartEngine(port)
	if err != nil {
		_ = l.server.Close()
	}
	return l, err
}

func (l *lane) close() {
	l.moto.Close()
	_ = l.server.Close()
}
