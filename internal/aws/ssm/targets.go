package ssm

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/strictjson"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Targets are the deployed target configurations, a parameter each.
type Targets struct {
	store  *Store
	prefix string
}

var _ rotation.Targets = (*Targets)(nil)

// Targets returns the targets whose parameters are named with the prefix.
func (s *Store) Targets(prefix string) *Targets { return &Targets{s, prefix} }

// maxPages bounds a list that never ends: a page has ten targets, and a stack fifty.
const maxPages = 50

// Names returns the names of all targets that are deployed, sorted.
func (t *Targets) Names(ctx context.Context) ([]string, error) {
	path := strings.TrimSuffix(t.prefix, "/")
	request := awsclient.Request{Action: "ssm:GetParametersByPath", On: words.Text(path)}
	names := []string{}
	input := &ssm.GetParametersByPathInput{Path: &path}
	for range maxPages {
		page, err := t.store.client.GetParametersByPath(ctx, input)
		switch {
		case err != nil:
			return nil, request.Failed(err)
		case page.Parameters == nil:
			return nil, request.Malformed("there is no list of parameters in it")
		}
		for _, parameter := range page.Parameters {
			names = append(names, strings.TrimPrefix(aws.ToString(parameter.Name), t.prefix))
		}
		if aws.ToString(page.NextToken) == "" {
			slices.Sort(names)
			return names, nil
		}
		input.NextToken = page.NextToken
	}
	return nil, request.Malformed("the list does not end")
}

// Target reads a target and checks it.
func (t *Targets) Target(ctx context.Context, name string) (target.Target, error) {
	parameter := t.prefix + name
	read, err := t.store.get(ctx, parameter, false)
	if errors.Is(err, errNotFound) {
		return target.Target{}, fault.Errorf(fault.TargetNotFound, "There is no target %s: the parameter %s does "+
			"not exist", name, parameter)
	}
	if err != nil {
		return target.Target{}, err
	}
	found, err := target.Parse([]byte(*read.Value))
	if err != nil {
		return target.Target{}, target.Misconfigured("The target in the parameter %s is not valid: %s", parameter,
			strictjson.Line(err))
	}
	if found.Name != name {
		return target.Target{}, target.Misconfigured("The parameter %s holds another target, %s", parameter, found.Name)
	}
	return found, nil
}
