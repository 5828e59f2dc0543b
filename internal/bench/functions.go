package main

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are the shipped functions and their yardsticks, built for this
// machine as the functions are built for Lambda.
type programs struct {
	folder    string
	functions []function
}

// function is a shipped function.
type function struct {
	name    string
	clients int // of AWS services, that it links
}

// The yardsticks, in folders beside this file.
const (
	bare  = "bare"  // a function that does nothing
	plain = "plain" // a net/http program
)

const serviceClients = "github.com/aws/aws-sdk-go-v2/service/"

// buildAll builds everything into a folder.
func buildAll(ctx context.Context, build, folder string) (*programs, error) {
	p := &programs{folder: folder}
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil || len(mains) == 0 {
		return nil, fmt.Errorf("there are no functions here: run 'make bench' in the repository's own folder (%v)", err)
	}
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		clients, err := linkedClients(ctx, name)
		if err != nil {
			return nil, err
		}
		p.functions = append(p.functions, function{name, clients})
		if err := p.build(ctx, build, name, "./functions/"+name); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{bare, plain} {
		if err := p.build(ctx, build, name, "./internal/bench/"+name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *programs) build(ctx context.Context, build, name, pkg string) error {
	command := fmt.Sprintf("%s -o '%s' %s", build, p.program(name), pkg)
	if output, err := exec.CommandContext(ctx, "bash", "-c", command).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	return nil
}

func (p *programs) program(name string) string { return filepath.Join(p.folder, name) }

// linkedClients counts the service clients that a function links.
func linkedClients(ctx context.Context, name string) (int, error) {
	output, err := exec.CommandContext(ctx, "go", "list", "-deps", "-tags", "lambda.norpc", "./functions/"+name).Output()
	if err != nil {
		return 0, fmt.Errorf("listing what %s links: %w", name, err)
	}
	count := 0
	for dependency := range strings.FieldsSeq(string(output)) {
		service, found := strings.CutPrefix(dependency, serviceClients)
		if found && !strings.Contains(service, "/") {
			count++
		}
	}
	return count, nil
}

// sizes are a program's size and that of the zip it is deployed in.
func (p *programs) sizes(name string) (size, zipped int64, err error) {
	file, err := os.Open(p.program(name))
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	var counted counter
	archive := zip.NewWriter(&counted)
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return 0, 0, err
	}
	if size, err = io.Copy(entry, file); err != nil {
		return 0, 0, err
	}
	err = archive.Close()
	return size, int64(counted), err
}

type counter int64

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
