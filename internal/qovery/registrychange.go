package qovery

import (
	"context"
	"encoding/json"
	"errors"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// answeredOnly are the fields of a registry that Qovery answers and a request
// does not have. A PUT repeats all others as they were read, those that nobody
// here knows of included: a field too many is ignored or refused, and a field
// too few is lost.
var answeredOnly = []string{"id", "created_at", "updated_at", "cluster", "associated_services_count"}

// putKey puts the key into a registry and keeps all else that it holds.
func (k registryKind) putKey(o *organization, ctx context.Context, ref rotation.LocationRef, id rotation.KeyID,
	secret rotation.Secret) error {
	now, err := k.changeable(o, ctx, ref)
	if err != nil {
		return err
	}
	return k.change(o, ctx, now, map[string]string{"access_key_id": string(id), "secret_access_key": secret.Reveal()})
}

// giveRole puts a role into a registry, in place of its key.
func (k registryKind) giveRole(o *organization, ctx context.Context, ref rotation.LocationRef, arn string) error {
	now, err := k.changeable(o, ctx, ref)
	if err != nil {
		return err
	}
	return k.change(o, ctx, now, map[string]string{"role_arn": arn}, "access_key_id", "secret_access_key")
}

// changeable is the registry as it was a short time ago, if it has a key.
func (k registryKind) changeable(o *organization, ctx context.Context, ref rotation.LocationRef) (
	registryEntry, error,
) {
	now, found, err := k.entry(ctx, o, ref.ID)
	switch {
	case err != nil:
		return now, err
	case !found:
		return now, notSent("the %s %s does not exist any more", k.called, ref.Name)
	case !now.Rotatable:
		return now, notSent("the %s %s is of the kind %s without a static key, or has a role", k.called, ref.Name,
			words.Line(now.Type))
	}
	return now, nil
}

// change changes what the registry's config has, and takes away the rest that is named.
func (k registryKind) change(o *organization, ctx context.Context, now registryEntry, set map[string]string,
	without ...string) error {
	body, err := now.with(set, without)
	if err != nil {
		return malformed(k.list, err)
	}
	return o.tell(ctx, k.put, body, o.id, now.ID)
}

// registryEntry is a registry in a list, and all that Qovery said of it, for a
// PUT to repeat.
type registryEntry struct {
	rotation.Location
	raw json.RawMessage
}

// entry is the registry as it was a short time ago. One list serves many PUTs.
func (k registryKind) entry(ctx context.Context, o *organization, id string) (registryEntry, bool, error) {
	asked := o.client.Clock.Now()
	if entry, found := o.cache.take(k.kind, id, asked); found {
		return entry, true, nil
	}
	entries, err := learn(ctx, o, k.list, k.decodeEntries, o.id)
	if err != nil {
		return registryEntry{}, false, err
	}
	o.cache.keep(k.kind, entries, asked)
	entry, found := o.cache.take(k.kind, id, asked)
	return entry, found, nil
}

func (k registryKind) decodeEntries(body []byte) ([]registryEntry, error) {
	locations, err := k.decode(body)
	if err != nil {
		return nil, err
	}
	raw, err := decodeList[json.RawMessage](body)
	if err != nil {
		return nil, err
	}
	entries := make([]registryEntry, len(locations))
	for i, location := range locations {
		entries[i] = registryEntry{location, raw[i]}
	}
	return entries, nil
}

// with is the body of the PUT. Its errors quote nothing.
func (e registryEntry) with(set map[string]string, without []string) ([]byte, error) {
	var fields, config map[string]json.RawMessage
	if json.Unmarshal(e.raw, &fields) != nil || json.Unmarshal(fields["config"], &config) != nil {
		return nil, errors.New(`there is no "config"`)
	}
	// Go reads a field in whatever case it is spelled; a second spelling next to
	// it would leave it to Qovery which one counts.
	if _, asSpelled := config["access_key_id"]; !asSpelled {
		return nil, errors.New(`there is no "access_key_id"`)
	}
	for _, name := range answeredOnly {
		delete(fields, name)
	}
	for _, name := range without {
		delete(config, name)
	}
	for name, value := range set {
		config[name], _ = json.Marshal(value)
	}
	changed, err := json.Marshal(config)
	if err == nil {
		fields["config"] = changed
		changed, err = json.Marshal(fields)
	}
	if err != nil {
		return nil, errors.New("it cannot be repeated") // the error could quote it
	}
	return changed, nil
}
