package rotationtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Keys holds IAM's access keys against their contract. Each open returns
// another user that exists and has no key.
func Keys(t *testing.T, host Host, open func(t *testing.T) (keys rotation.Keys, user string)) {
	test := func(name string, f func(k *keysTest)) {
		t.Run(name, func(t *testing.T) {
			keys, user := open(t)
			f(&keysTest{t, host, keys, user})
		})
	}
	test("create and list", keysCreate)
	test("a list of nothing", func(k *keysTest) { k.wantListed() })
	test("two keys are the limit", keysLimit)
	test("Inactive keys count", keysInactiveCount)
	test("set status", keysSetStatus)
	test("set the status of no key", keysSetStatusOfNone)
	test("delete", keysDelete)
	test("no such user", keysNoUser)
	t.Run("another user's key", func(t *testing.T) {
		keys, user := open(t)
		_, other := open(t)
		keysOfOthers(&keysTest{t, host, keys, user}, other)
	})
}

type keysTest struct {
	*testing.T
	host Host
	keys rotation.Keys
	user string
}

func keysCreate(k *keysTest) {
	before := k.host.Clock.Now()
	first, second := k.create(), k.create()
	k.wantListed(first.AccessKey, second.AccessKey)
	if first.ID == second.ID || first.Secret.Equal(second.Secret) {
		k.Error("two keys are the same")
	}
	for _, key := range []rotation.NewAccessKey{first, second} {
		if len(key.ID) != 20 || len(key.Secret.Reveal()) != 40 || key.Status != rotation.Active {
			k.Errorf("an unlikely key: %d and %d characters, %s", len(key.ID), len(key.Secret.Reveal()), key.Status)
		}
		// IAM tells whole seconds, so a key may seem older than its creation.
		if age := key.CreatedAt.Sub(before); age < -time.Second || age > time.Minute {
			k.Errorf("created at %s, %s after the request", key.CreatedAt, age)
		}
	}
}

func keysLimit(k *keysTest) {
	first, second := k.create(), k.create()
	k.wantLimit()
	k.wantListed(first.AccessKey, second.AccessKey)
	k.wantDeleted(true, k.user, first.ID)
	third := k.create()
	k.wantListed(second.AccessKey, third.AccessKey)
}

func keysInactiveCount(k *keysTest) {
	for range 2 {
		noError(k.T, k.keys.SetStatus(k.Context(), k.user, k.create().ID, rotation.Inactive))
	}
	k.wantLimit()
}

func keysSetStatus(k *keysTest) {
	key, other := k.create().AccessKey, k.create().AccessKey
	for _, status := range []rotation.KeyStatus{rotation.Active, rotation.Inactive, rotation.Inactive, rotation.Active} {
		noError(k.T, k.keys.SetStatus(k.Context(), k.user, key.ID, status))
		key.Status = status
		k.wantListed(key, other)
	}
}

func keysSetStatusOfNone(k *keysTest) {
	gone := k.create()
	k.wantDeleted(true, k.user, gone.ID)
	for name, id := range map[string]rotation.KeyID{"gone": gone.ID, "never there": newKeyID()} {
		if err := k.keys.SetStatus(k.Context(), k.user, id, rotation.Active); !errors.Is(err, rotation.ErrNoSuchKey) {
			k.Errorf("%s: %v", name, err)
		}
	}
}

func keysDelete(k *keysTest) {
	gone, left := k.create(), k.create()
	for _, deleted := range []bool{true, false} {
		k.wantDeleted(deleted, k.user, gone.ID)
		k.wantListed(left.AccessKey)
	}
	k.wantDeleted(false, k.user, newKeyID())
	k.wantListed(left.AccessKey)
}

func keysOfOthers(k *keysTest, other string) {
	key := k.create()
	if err := k.keys.SetStatus(k.Context(), other, key.ID, rotation.Inactive); !errors.Is(err, rotation.ErrNoSuchKey) {
		k.Errorf("%v, want %v", err, rotation.ErrNoSuchKey)
	}
	k.wantDeleted(false, other, key.ID)
	k.wantListed(key.AccessKey)
}

func keysNoUser(k *keysTest) {
	nobody := unique("nobody")
	_, listing := k.keys.List(k.Context(), nobody)
	_, creating := k.keys.Create(k.Context(), nobody)
	for _, err := range []error{listing, creating} {
		if !fault.HasCode(err, fault.TargetNotFound) {
			k.Errorf("%v, want %s", err, fault.TargetNotFound)
		}
	}
}

func (k *keysTest) create() rotation.NewAccessKey {
	k.Helper()
	key, err := k.keys.Create(k.Context(), k.user)
	noError(k.T, err)
	return key
}

// wantDeleted deletes a key, and wants to be told whether it was there.
func (k *keysTest) wantDeleted(want bool, user string, id rotation.KeyID) {
	k.Helper()
	deleted, err := k.keys.Delete(k.Context(), user, id)
	noError(k.T, err)
	if deleted != want {
		k.Errorf("told that it deleted the key: %v, want %v", deleted, want)
	}
}

func (k *keysTest) wantLimit() {
	k.Helper()
	if key, err := k.keys.Create(k.Context(), k.user); !fault.HasCode(err, fault.KeyLimitReached) || key.ID != "" {
		k.Errorf("%v, %v, want %s", key.ID, err, fault.KeyLimitReached)
	}
}

// wantListed waits until the list shows just these keys.
func (k *keysTest) wantListed(want ...rotation.AccessKey) {
	k.Helper()
	k.host.eventually(k.T, func() string {
		listed, err := k.keys.List(k.Context(), k.user)
		if err != nil {
			return err.Error()
		}
		if !slices.EqualFunc(sorted(listed), sorted(want), sameKey) {
			return fmt.Sprintf("listed are %v, want %v", listed, want)
		}
		return ""
	})
}

func sorted(keys []rotation.AccessKey) []rotation.AccessKey {
	return slices.SortedFunc(slices.Values(keys), func(a, b rotation.AccessKey) int { return cmp.Compare(a.ID, b.ID) })
}

func sameKey(a, b rotation.AccessKey) bool {
	return a.ID == b.ID && a.Status == b.Status && a.CreatedAt.Equal(b.CreatedAt)
}
