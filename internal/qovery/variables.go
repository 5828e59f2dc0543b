package qovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

const (
	// servicePause is between two services, so that many of them are no burst.
	servicePause = 250 * time.Millisecond
	// likeKeyID is in the name of a variable, in small letters or capital ones, that
	// holds the id of an access key.
	likeKeyID = "AWS_ACCESS_KEY_ID"
)

// withoutVariables are the kinds of services that have no variables.
var withoutVariables = []string{"DATABASE", "ARGOCD_APP"}

// arguments are the kinds of services that have arguments, where they are read, and
// what an answer must have.
var arguments = map[string]struct {
	called  string
	read    endpoint
	members []string
}{
	"TERRAFORM": {"Terraform service", readTerraform,
		[]string{"id", "terraform_variables_source", "action_extra_arguments"}},
	"HELM": {"Helm service", readHelm, []string{"id", "arguments", "values_override"}},
}

type serviceEntry struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"service_type"`
}

// Services returns all services of the organization.
func (o *organization) Services(ctx context.Context) ([]rotation.Service, error) {
	return learn(ctx, o, listServices, decodeServices, o.id)
}

// serviceKind is what may be a part of a query.
var serviceKind = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z_]+$`) })

// decodeServices requires what the next requests are made of.
func decodeServices(body []byte) ([]rotation.Service, error) {
	entries, err := decodeList[serviceEntry](body)
	if err != nil {
		return nil, err
	}
	var services []rotation.Service
	for _, s := range entries {
		if !target.IsUUID(s.ID) || !serviceKind().MatchString(s.Kind) {
			return nil, errors.New(`a service has no "id" or no "service_type"`)
		}
		services = append(services, rotation.Service(s))
	}
	return services, nil
}

// Copies looks for keys' ids in the variables that a service gets and in its arguments.
func (o *organization) Copies(ctx context.Context, s rotation.Service, keys []rotation.KeyID) ([]rotation.Copy, error) {
	if slices.Contains(withoutVariables, s.Kind) {
		return nil, nil
	}
	if o.client.Clock.Sleep(ctx, servicePause) != nil {
		return nil, fault.Errorf(fault.Unreachable, "%s was interrupted", listVariables.doing)
	}
	inVariables := func(body []byte) ([]rotation.Copy, error) { return copiesInVariables(body, s, keys) }
	found, err := learn(ctx, o, listVariables, inVariables, s.ID, s.Kind)
	if err != nil {
		return nil, err
	}
	its, has := arguments[s.Kind]
	if !has {
		return found, nil
	}
	inArguments := func(body []byte) ([]rotation.Copy, error) { return copiesInArguments(body, its.members, s, keys) }
	more, err := learn(ctx, o, its.read, inArguments, s.ID)
	if err != nil {
		return nil, err
	}
	return append(found, more...), nil
}

type variable struct {
	ID     string  `json:"id"`
	Key    string  `json:"key"`
	Value  *string `json:"value"`
	Scope  string  `json:"scope"`
	Secret *bool   `json:"is_secret"`
}

// copiesInVariables finds the plain variables that have a key's id, and the secrets
// that are named like one.
func copiesInVariables(body []byte, s rotation.Service, keys []rotation.KeyID) ([]rotation.Copy, error) {
	variables, err := decodeList[variable](body)
	if err != nil {
		return nil, err
	}
	var found []rotation.Copy
	for _, v := range variables {
		if !target.IsUUID(v.ID) || v.Key == "" || v.Secret == nil {
			return nil, errors.New(`a variable has no "id", no "key" or no "is_secret"`)
		}
		if *v.Secret || v.Value == nil {
			found = append(found, hidden(v.ID, v.Key, v.name("secret", s))...)
			continue
		}
		found = append(found, copiesIn(*v.Value, v.ID, v.name("variable", s), keys)...)
	}
	return found, nil
}

// name names a variable for people. A service also gets those of its environment and
// its project.
func (v variable) name(what string, s rotation.Service) string {
	name := fmt.Sprintf("the %s %q of ", what, short(v.Key))
	if v.Scope != s.Kind {
		name += "the " + strings.ToLower(v.Scope) + " of "
	}
	return name + nameOf(s)
}

func nameOf(s rotation.Service) string {
	kind := strings.ToLower(s.Kind)
	if its, has := arguments[s.Kind]; has {
		kind = its.called
	}
	return fmt.Sprintf("the %s %q", kind, short(s.Name))
}

// short bounds what is remembered of a name.
func short(name string) string { return words.Short(words.Line(name), 64) }

// hidden is a secret, if its name says that it may be a key's id.
func hidden(id, name, described string) []rotation.Copy {
	if !strings.Contains(strings.ToUpper(name), likeKeyID) {
		return nil
	}
	return []rotation.Copy{{ID: id, Name: described}}
}

func copiesIn(text, id, described string, keys []rotation.KeyID) (found []rotation.Copy) {
	for _, key := range keys {
		if strings.Contains(text, string(key)) {
			found = append(found, rotation.Copy{ID: id, Name: described, Key: key})
		}
	}
	return found
}

// copiesInArguments looks in all that a Terraform or Helm service is configured with.
func copiesInArguments(body []byte, members []string, s rotation.Service, keys []rotation.KeyID) ([]rotation.Copy,
	error) {
	var all map[string]any
	if err := decode(body, &all); err != nil {
		return nil, err
	}
	for _, member := range members {
		if all[member] == nil {
			return nil, fmt.Errorf("there is no %q", member)
		}
	}
	plain, err := json.Marshal(all) // without the escapes that an answer may be written with
	if err != nil {
		return nil, errors.New("it can't be read") // the error could quote it
	}
	var terraform struct {
		Source struct {
			Variables []struct {
				Key    string `json:"key"`
				Secret bool   `json:"secret"`
			} `json:"tf_vars"`
		} `json:"terraform_variables_source"`
	}
	if err := decode(body, &terraform); err != nil {
		return nil, err
	}
	found := copiesIn(string(plain), s.ID, "the arguments of "+nameOf(s), keys)
	for _, v := range terraform.Source.Variables {
		if v.Secret {
			found = append(found, hidden(s.ID, v.Key, fmt.Sprintf("the secret %q of %s", short(v.Key), nameOf(s)))...)
		}
	}
	return found, nil
}
