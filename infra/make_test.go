package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tools is a folder of programs to be the whole PATH: bash, and scripts in the
// place of others.
func tools(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bash, filepath.Join(dir, "bash")); err != nil {
		t.Fatal(err)
	}
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// makes runs make in a folder, on that PATH, and returns what it says and whether
// it fails.
func makes(t *testing.T, dir, path, target string) (output string, failed bool) {
	t.Helper()
	program, err := exec.LookPath("make")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("make is missing")
		}
		t.Skip("NOT TESTED: make is missing")
	}
	run := exec.Command(program, "--no-print-directory", target)
	run.Dir = dir
	run.Env = []string{"PATH=" + path}
	text, err := run.CombinedOutput()
	return string(text), err != nil
}

// Each version of Node that there is, by what became of it when it was tried.
func TestMakeNeedsANodeThatWorks(t *testing.T) {
	const (
		missing = "Node 22 or later and its npx are needed for the CDK: https://nodejs.org\n"
		tooOld  = " is too old for the CDK. Install Node 22 or later: https://nodejs.org\n"
		ended   = " is past its end of life. It may work; Node 22 or later does: https://nodejs.org\n"
	)
	says := func(version string) map[string]string {
		return map[string]string{"node": "echo " + version, "npx": ""}
	}
	for name, row := range map[string]struct {
		tools  map[string]string
		want   string
		failed bool
	}{
		"no Node":               {nil, missing, true},
		"no npx":                {map[string]string{"node": "echo v22.1.0"}, missing, true},
		"a shim with no Node":   {map[string]string{"node": "exit 126", "npx": ""}, missing, true},
		"something else's node": {says("tcp://0.0.0.0"), missing, true},
		"4":                     {says("v4.9.1"), "Node v4.9.1" + tooOld, true},
		"14":                    {says("v14.21.3"), "Node v14.21.3" + tooOld, true},
		"16":                    {says("v16.20.2"), "Node v16.20.2" + tooOld, true},
		"17":                    {says("v17.9.1"), "Node v17.9.1" + tooOld, true},
		"18":                    {says("v18.20.8"), "Node v18.20.8" + ended, false},
		"20":                    {says("v20.20.2"), "Node v20.20.2" + ended, false},
		"21":                    {says("v21.7.3"), "Node v21.7.3" + ended, false},
		"22":                    {says("v22.0.0"), "", false},
		"23":                    {says("v23.11.1"), "Node v23.11.1" + ended, false},
		"24":                    {says("v24.21.0"), "", false},
		"25":                    {says("v25.2.0"), "Node v25.2.0" + ended, false},
		"26":                    {says("v26.0.0"), "", false},
		"100":                   {says("v100.0.0"), "", false},
	} {
		t.Run(name, func(t *testing.T) { requireMake(t, row.tools, "need-node", row.want, row.failed) })
	}
}

func TestMakeNeedsAGoThatWorks(t *testing.T) {
	const missing = "Go 1.26 or later is needed: https://go.dev/dl\n"
	old := "echo 'go: errors parsing go.mod: invalid go version' >&2; exit 1"
	for _, target := range []string{"need-go", "demo", "build"} {
		requireMake(t, nil, target, missing, true)
		requireMake(t, map[string]string{"go": old}, target, "go: errors parsing go.mod: invalid go version\n"+missing, true)
	}
	requireMake(t, map[string]string{"go": ""}, "need-go", "", false)
}

// The race detector asks for the compiler that Go would call, with C's headers.
func TestMakeNeedsACompilerThatWorks(t *testing.T) {
	const missing = "A C compiler is needed for the race detector, and C's headers: install gcc or clang\n"
	calls := func(compiler string) string { return "echo " + compiler }
	works := "exec /bin/cat >/dev/null"
	for name, row := range map[string]struct {
		tools map[string]string
		want  string
	}{
		"none":                      {map[string]string{"go": calls("gcc")}, missing},
		"one that Go does not call": {map[string]string{"go": calls("gcc"), "cc": works}, missing},
		"one without headers": {map[string]string{"go": calls("gcc"), "gcc": "echo 'stdlib.h: No such file'; exit 1"},
			missing},
		"gcc":                {map[string]string{"go": calls("gcc"), "gcc": works}, ""},
		"one with arguments": {map[string]string{"go": calls("ccache clang"), "ccache": works}, ""},
	} {
		t.Run(name, func(t *testing.T) { requireMake(t, row.tools, "need-cc", row.want, row.want != "") })
	}
}

// The example is no one's: it isn't deployed.
func TestMakeNeedsAConfiguration(t *testing.T) {
	dir := t.TempDir()
	recipe, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"Makefile": string(recipe), "rotation.example.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	path := tools(t, nil)
	output, failed := makes(t, dir, path, "need-config")
	if want := "rotation.json is missing: 'go run ./cmd/rotate init' writes one\n"; !failed ||
		!strings.HasPrefix(output, want) {
		t.Errorf("%t, %s", failed, output)
	}
	if err := os.WriteFile(filepath.Join(dir, "rotation.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if output, failed := makes(t, dir, path, "need-config"); failed || output != "" {
		t.Errorf("%t, %s", failed, output)
	}
	for _, target := range []string{"deploy", "bootstrap"} {
		if !regexp.MustCompile(`(?m)^` + target + `:.* need-config`).Match(recipe) {
			t.Errorf("make %s does not need a configuration", target)
		}
	}
}

func requireMake(t *testing.T, scripts map[string]string, target, want string, failed bool) {
	t.Helper()
	output, hasFailed := makes(t, "..", tools(t, scripts), target)
	said, _, _ := strings.Cut(output, "make: ***")
	if hasFailed != failed || !strings.HasSuffix(said, want) || want == "" && said != "" {
		t.Errorf("make %s: failed is %t, and it says %q, not %q", target, hasFailed, output, want)
	}
}

// Whatever the umask and the environment of the person who builds, Lambda can
// read, run and understand what is built.
func TestMakeBuildsWhatLambdaRuns(t *testing.T) {
	dir := t.TempDir()
	recipe, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"Makefile": string(recipe), "go.mod": "module example\n\ngo 1.26.0\n",
		"functions/one/main.go": "package main\n\nfunc main() {}\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("bash", "-c", "umask 077; make build")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOARCH_OF_FUNCTIONS=amd64", "GOOS=darwin", "CGO_ENABLED=1")
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	built := filepath.Join(dir, assetsDir, "one", "bootstrap")
	info, err := os.Stat(built)
	if err != nil {
		t.Fatal(err)
	}
	program, err := elf.Open(built)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if info.Mode() != 0o755 || program.Machine != elf.EM_AARCH64 {
		t.Errorf("built with %s, for %s", info.Mode(), program.Machine)
	}
}
