package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/rotationtest"
)

func TestKeysKeepTheirContract(t *testing.T) {
	s := newServices(t, 1)
	s.iam.Path = "/"
	users := 0
	rotationtest.Keys(t, s.host(), func(*testing.T) (rotation.Keys, string) {
		users++
		name := fmt.Sprint("user-", users)
		s.iam.AddUser(name, "/")
		return s.iam, name
	})
}

func TestListsLag(t *testing.T) {
	s := newServices(t, 1)
	s.iam.Settling.Lists = Exactly(3 * time.Minute)
	old := s.iam.SeedKey("qovery", epoch.Add(-90*24*time.Hour), rotation.Active)
	var fresh rotation.NewAccessKey
	steps := []struct {
		name string
		do   func()
		want string // listed until it shows
		then string // listed three minutes later
	}{
		{"nothing", func() {}, "old Active", "old Active"},
		{"create", func() { fresh, _ = s.iam.CreateKeyByHand("qovery") }, "old Active", "old Active, new Active"},
		{"deactivate", func() {
			_ = s.iam.SetStatusByHand("qovery", old.ID, rotation.Inactive)
		}, "old Active, new Active", "old Inactive, new Active"},
		{"delete", func() { s.iam.DeleteByHand("qovery", old.ID) }, "old Inactive, new Active", "new Active"},
	}
	list := func() string {
		keys, err := s.iam.List(t.Context(), "qovery")
		noError(t, err)
		var texts []string
		for _, key := range keys {
			name := "new "
			if key.ID == old.ID {
				name = "old "
			}
			texts = append(texts, name+string(key.Status))
		}
		return strings.Join(texts, ", ")
	}
	for _, step := range steps {
		step.do()
		noError(t, s.Sleep(t.Context(), 3*time.Minute-time.Nanosecond))
		wantEqual(t, step.name, list(), step.want)
		noError(t, s.Sleep(t.Context(), time.Nanosecond))
		wantEqual(t, step.name+", seen", list(), step.then)
	}
	wantEqual(t, "truly there", len(s.iam.Present("qovery")), 1)
	_, exists := s.iam.Status(fresh.ID)
	wantEqual(t, "the new one exists", exists, true)
}

func TestAStaleListIsOlderStill(t *testing.T) {
	s := newServices(t, 1)
	s.iam.Settling.Lists = Exactly(0)
	s.wire.Injector = on("iam.ListAccessKeys", Fault{Stale, time.Minute})
	noError(t, s.Sleep(t.Context(), time.Hour))
	_, err := s.iam.CreateKeyByHand("qovery")
	noError(t, err)
	count := func() (n int) {
		s.within(t, "reader", func(ctx context.Context) {
			keys, err := s.iam.List(ctx, "qovery")
			noError(t, err)
			n = len(keys)
		})
		return n
	}
	wantEqual(t, "at once", count(), 0)
	noError(t, s.Sleep(t.Context(), time.Minute))
	wantEqual(t, "a minute later", count(), 1)
}

func TestWritesActOnTheTruth(t *testing.T) {
	s := newServices(t, 1)
	s.iam.Settling.Lists = Exactly(time.Hour)
	first, _ := s.iam.CreateKeyByHand("qovery")
	_, err := s.iam.CreateKeyByHand("qovery")
	noError(t, err)
	_, err = s.iam.CreateKeyByHand("qovery") // no list shows any key yet
	wantCode(t, err, fault.KeyLimitReached)
	s.iam.DeleteByHand("qovery", first.ID)
	_, err = s.iam.CreateKeyByHand("qovery")
	noError(t, err)
}

func TestPropagation(t *testing.T) {
	for seed := range uint64(100) {
		s := newServices(t, seed)
		s.iam.Settling.Relapse = 0
		key, _ := s.iam.CreateKeyByHand("qovery")
		for !s.iam.Authenticate(key.ID, key.Secret) {
			noError(t, s.Sleep(t.Context(), 100*time.Millisecond))
		}
		if took := since(s.Timeline); took < 3*time.Second || took > 15100*time.Millisecond {
			t.Errorf("seed %d: usable after %s", seed, took)
		}
	}
}

func TestRefusedOnceMore(t *testing.T) {
	relapses := map[string]int{}
	for seed := range uint64(100) {
		s := newServices(t, seed)
		s.iam.Settling = Settling{Relapse: 0.5}
		key, _ := s.iam.CreateKeyByHand("qovery")
		history := ""
		for range 10 {
			if s.iam.Use(key.ID, key.Secret, "ecr") {
				history += "+"
			} else {
				history += "-"
			}
		}
		relapses[history]++
	}
	for _, history := range []string{"++++++++++", "+-++++++++", "++-+++++++"} {
		if relapses[history] < 15 {
			t.Errorf("%s came %d times of 100", history, relapses[history])
		}
		delete(relapses, history)
	}
	wantEqual(t, "other histories", len(relapses), 0)
}

func TestAuthentication(t *testing.T) {
	tests := []struct {
		name   string
		before func(s *services, key rotation.NewAccessKey)
		secret string // instead of the key's
		want   bool
	}{
		{name: "an old key", want: true},
		{name: "a wrong secret", secret: "guessed"},
		{name: "Inactive", before: func(s *services, key rotation.NewAccessKey) {
			_ = s.iam.SetStatusByHand("qovery", key.ID, rotation.Inactive)
		}},
		{name: "Active again", want: true, before: func(s *services, key rotation.NewAccessKey) {
			_ = s.iam.SetStatusByHand("qovery", key.ID, rotation.Inactive)
			_ = s.iam.SetStatusByHand("qovery", key.ID, rotation.Active)
		}},
		{name: "deleted", before: func(s *services, key rotation.NewAccessKey) { s.iam.DeleteByHand("qovery", key.ID) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServices(t, 1)
			s.iam.Settling.Lists = Exactly(time.Hour) // of no importance here
			key := s.iam.SeedKey("qovery", epoch.Add(-time.Hour), rotation.Active)
			if test.secret != "" {
				key.Secret = rotation.NewSecret(test.secret)
			}
			if test.before != nil {
				test.before(s, key)
			}
			wantEqual(t, "use", s.iam.Use(key.ID, key.Secret, "ecr"), test.want)
			identity, err := s.iam.CallerIdentity(t.Context(), key.ID, key.Secret)
			if !test.want {
				if !errors.Is(err, rotation.ErrKeyRefused) {
					t.Errorf("STS: %v", err)
				}
				return
			}
			noError(t, err)
			wantEqual(t, "identity", identity,
				rotation.Identity{Account: testAccount, ARN: "arn:aws:iam::123456789012:user/automation/qovery"})
		})
	}
	if newServices(t, 1).iam.Use("AKIAUNKNOWN", rotation.NewSecret("x"), "ecr") {
		t.Error("an unknown key works")
	}
}

func TestLastUseLags(t *testing.T) {
	s := newServices(t, 1)
	key := s.iam.SeedKey("qovery", epoch.Add(-time.Hour), rotation.Active)
	ask := func() time.Duration {
		use, err := s.iam.LastUse(t.Context(), "qovery", key.ID)
		noError(t, err)
		if use.At.IsZero() {
			return -1
		}
		wantEqual(t, "service", use.Service, "ecr")
		return use.At.Sub(epoch)
	}
	wantEqual(t, "never used", ask(), -1)
	noError(t, s.Sleep(t.Context(), time.Minute))
	s.iam.Use(key.ID, key.Secret, "ecr")
	noError(t, s.Sleep(t.Context(), time.Minute))
	s.iam.Use(key.ID, key.Secret, "ecr")
	for _, step := range []struct{ at, want time.Duration }{
		{16*time.Minute - 1, -1},
		{16 * time.Minute, time.Minute},
		{17*time.Minute - 1, time.Minute},
		{17 * time.Minute, 2 * time.Minute},
		{24 * time.Hour, 2 * time.Minute},
	} {
		s.RunUntil(epoch.Add(step.at))
		wantEqual(t, step.at.String(), ask(), step.want)
	}
	s.iam.DeleteByHand("qovery", key.ID)
	_, err := s.iam.LastUse(t.Context(), "qovery", key.ID)
	wantCode(t, err, fault.IAMSettling)
}

func TestTheUsageLogStaysSmall(t *testing.T) {
	s := newServices(t, 1)
	key := s.iam.SeedKey("qovery", epoch.Add(-time.Hour), rotation.Active)
	s.OnMinute(func(now time.Time) {
		for range 10 {
			s.iam.Use(key.ID, key.Secret, "ecr")
		}
		for _, stale := range []time.Duration{0, time.Minute} {
			if last := s.iam.keys[key.ID].lastUse(now.Add(-stale), 15*time.Minute).At; since(s.Timeline) > 20*time.Minute &&
				now.Sub(last) != stale+15*time.Minute {
				t.Fatalf("%s: the last use is known to be %s ago", now, now.Sub(last))
			}
		}
	})
	s.RunUntil(epoch.Add(30 * 24 * time.Hour))
	if n := cap(s.iam.keys[key.ID].uses); n > 200 {
		t.Errorf("%d uses are kept", n)
	}
}

func TestSTSIsAUse(t *testing.T) {
	s := newServices(t, 1)
	key := s.iam.SeedKey("qovery", epoch.Add(-time.Hour), rotation.Active)
	_, err := s.iam.CallerIdentity(t.Context(), key.ID, key.Secret)
	noError(t, err)
	noError(t, s.Sleep(t.Context(), time.Hour))
	use, err := s.iam.LastUse(t.Context(), "qovery", key.ID)
	noError(t, err)
	wantEqual(t, "use", use, rotation.Use{At: epoch, Service: "sts", Region: "eu-west-3"})
}

func TestWhatHappenedToKeys(t *testing.T) {
	s := newServices(t, 1)
	var told []string
	s.iam.OnKeyChange(func(c KeyChange) {
		told = append(told, strings.Join([]string{string(c.Key[:4]), c.User, c.What, c.By}, " "))
	})
	old := s.iam.SeedKey("qovery", epoch.Add(-time.Hour), rotation.Inactive)
	s.within(t, "step", func(ctx context.Context) {
		noError(t, s.iam.SetStatus(ctx, "qovery", old.ID, rotation.Active))
		noError(t, s.iam.SetStatus(ctx, "qovery", old.ID, rotation.Active))
		_, err := s.iam.Create(ctx, "qovery")
		noError(t, err)
		for _, want := range []bool{true, false} {
			deleted, err := s.iam.Delete(ctx, "qovery", old.ID)
			noError(t, err)
			wantEqual(t, "deleted", deleted, want)
		}
		noError(t, s.iam.SetStatusByHand("qovery", s.iam.Lives()[1].ID, rotation.Inactive))
	})
	wantTrace(t, told, []string{"AKIA qovery created person", "AKIA qovery deactivated person", "AKIA qovery activated " +
		"step",
		"AKIA qovery created step", "AKIA qovery deleted step", "AKIA qovery deactivated person"})

	lives := s.iam.Lives()
	wantEqual(t, "keys", len(lives), 2)
	wantEqual(t, "first", lives[0].ID, old.ID)
	wantEqual(t, "created", lives[0].CreatedAt, epoch.Add(-time.Hour))
	wantEqual(t, "gone", lives[0].DeletedAt.IsZero(), false)
	wantEqual(t, "the other is not", lives[1].DeletedAt.IsZero(), true)
	what := func(c KeyChange) string { return c.What }
	var whats []string
	for _, change := range lives[0].Changes {
		whats = append(whats, what(change))
	}
	if !slices.Equal(whats, []string{Created, Deactivated, Activated, Deleted}) {
		t.Errorf("%v", whats)
	}
	status, exists := s.iam.Status(lives[1].ID)
	wantEqual(t, "status", status, rotation.Inactive)
	wantEqual(t, "exists", exists, true)
	_, exists = s.iam.Status(old.ID)
	wantEqual(t, "the old one exists", exists, false)
}

func TestAKeyCreatedLateIsTheCallers(t *testing.T) {
	s := newServices(t, 1)
	s.wire.Injector = on("iam.CreateAccessKey", Fault{LandLate, 5 * time.Minute})
	s.within(t, "step", func(ctx context.Context) {
		_, err := s.iam.Create(ctx, "qovery")
		wantCode(t, err, fault.Unreachable)
	})
	wantEqual(t, "keys", len(s.iam.Lives()), 0)
	s.Run()
	wantEqual(t, "by", s.iam.Lives()[0].Changes[0].By, "step")
}

// IAM authorizes on the path that a user has, and before it looks for one.
func TestIAMAuthorizesOnTheTruePath(t *testing.T) {
	s := newServices(t, 1)
	for _, step := range []struct {
		name string
		do   func()
		want fault.Code
	}{
		{"as the policies say", func() {}, ""},
		{"another path", func() { s.iam.MoveByHand("qovery", "/") }, fault.AccessDenied},
		{"policies of that path", func() { s.iam.Path = "/" }, ""},
		{"no user", func() { s.iam.DeleteUserByHand("qovery") }, fault.TargetNotFound},
		{"no user, who had a path", func() { s.iam.Path = "/automation/" }, fault.AccessDenied},
	} {
		step.do()
		if _, err := s.iam.List(t.Context(), "qovery"); fault.HasCode(err, step.want) != (step.want != "") {
			t.Errorf("%s: %v, want %q", step.name, err, step.want)
		}
	}
}
