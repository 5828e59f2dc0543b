package rotationtest

import (
	"errors"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Staging holds the staged secrets against their contract. open may return the
// same store each time.
func Staging(t *testing.T, open func(t *testing.T) rotation.Staging) {
	secret := rotation.NewSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
	test := func(name string, f func(s *stagingTest)) {
		t.Run(name, func(t *testing.T) { f(&stagingTest{t, open(t), newKeyID()}) })
	}
	test("nothing staged", func(s *stagingTest) {
		noError(s.T, s.staging.Readable(s.Context()))
		s.wantNone()
		noError(s.T, s.staging.Delete(s.Context(), s.id))
	})
	test("put and delete", func(s *stagingTest) {
		s.put(secret)
		s.want(secret)
		noError(s.T, s.staging.Delete(s.Context(), s.id))
		s.wantNone()
		noError(s.T, s.staging.Delete(s.Context(), s.id))
		another := rotation.NewSecret("another")
		s.put(another)
		s.want(another)
	})
	test("put the same again", func(s *stagingTest) {
		s.put(secret)
		if stored, err := s.staging.Put(s.Context(), s.id, secret); stored || err != nil {
			s.Errorf("put again: %v, %v", stored, err)
		}
		s.want(secret)
	})
	test("put does not overwrite", func(s *stagingTest) {
		s.put(secret)
		if _, err := s.staging.Put(s.Context(), s.id, rotation.NewSecret("another")); !fault.HasCode(err,
			fault.MalformedAnswer) {
			s.Errorf("%v, want %s", err, fault.MalformedAnswer)
		}
		s.want(secret)
	})
	test("each key has its own", func(s *stagingTest) {
		other := &stagingTest{s.T, s.staging, newKeyID()}
		s.put(secret)
		other.wantNone()
		other.put(rotation.NewSecret("another"))
		noError(s.T, s.staging.Delete(s.Context(), s.id))
		s.wantNone()
		other.want(rotation.NewSecret("another"))
	})
}

type stagingTest struct {
	*testing.T
	staging rotation.Staging
	id      rotation.KeyID
}

func (s *stagingTest) put(secret rotation.Secret) {
	s.Helper()
	stored, err := s.staging.Put(s.Context(), s.id, secret)
	noError(s.T, err)
	if !stored {
		s.Error("told that it was there already")
	}
}

func (s *stagingTest) want(secret rotation.Secret) {
	s.Helper()
	if there, err := s.staging.Has(s.Context(), s.id); !there || err != nil {
		s.Errorf("Has: %v, %v", there, err)
	}
	found, err := s.staging.Get(s.Context(), s.id)
	noError(s.T, err)
	if !found.Equal(secret) {
		s.Error("another secret is staged than was put")
	}
}

func (s *stagingTest) wantNone() {
	s.Helper()
	if there, err := s.staging.Has(s.Context(), s.id); there || err != nil {
		s.Errorf("Has: %v, %v", there, err)
	}
	if _, err := s.staging.Get(s.Context(), s.id); !errors.Is(err, rotation.ErrNotStaged) {
		s.Errorf("%v, want %v", err, rotation.ErrNotStaged)
	}
}
