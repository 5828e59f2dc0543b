package rotation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

const plain = "wJalrXUtnFEMI/K7MDENG"

// wantHidden requires that a text shows nothing of the secret, in no encoding
// that a verb of fmt knows.
func wantHidden(t *testing.T, text string) {
	t.Helper()
	for _, encoded := range []string{plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain), fmt.Sprintf("% x", plain),
		fmt.Sprint([]byte(plain)), fmt.Sprintf("%U", []rune(plain))} {
		if strings.Contains(text, encoded) || strings.Contains(text, strings.Trim(encoded, "[]")) {
			t.Fatalf("the secret shows: %s", text)
		}
	}
}

// carriers are the shapes in which a secret may reach something that prints.
func carriers() map[string]any {
	secret := NewSecret(plain)
	type exported struct{ Secret Secret }
	type unexported struct{ secret Secret }
	type embedded struct{ exported }
	return map[string]any{
		"itself":                        secret,
		"a pointer":                     &secret,
		"a slice":                       []Secret{secret},
		"an array":                      [1]Secret{secret},
		"a map's value":                 map[string]Secret{"token": secret},
		"an interface":                  []any{secret},
		"a field":                       exported{secret},
		"a pointer to a struct":         &exported{secret},
		"a new access key":              NewAccessKey{active(keyN), secret},
		"an unexported field":           unexported{secret},
		"a pointer to unexported":       &unexported{secret},
		"a struct within a struct":      embedded{exported{secret}},
		"a map of structs":              map[string]unexported{"a": {secret}},
		"a slice of pointers to itself": []*Secret{&secret},
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	verbs := strings.Split("v +v #v s q x X +q #q #x d b o O c U e E f F g G t T p w", " ")
	for shape, carrier := range carriers() {
		t.Run(shape, func(t *testing.T) {
			for _, verb := range verbs {
				wantHidden(t, fmt.Sprintf("%"+verb, carrier))
			}
			wantHidden(t, fmt.Sprint(carrier))
			wantHidden(t, fmt.Errorf("asking STS: %v", carrier).Error())
			wantHidden(t, fault.Errorf(fault.Unreachable, "asking STS with %v", carrier).Error())
			wantHidden(t, errors.Join(errors.New("one"), fmt.Errorf("two: %+v", carrier)).Error())
		})
	}
	if got := fmt.Sprintf("%v %s %q %#v %d", NewSecret(plain), NewSecret(plain), NewSecret(plain), NewSecret(plain),
		NewSecret(plain)); got != strings.TrimSpace(strings.Repeat("[redacted] ", 5)) {
		t.Errorf("printed as %s", got)
	}
}

func TestSecretIsNeverLogged(t *testing.T) {
	for shape, carrier := range carriers() {
		t.Run(shape, func(t *testing.T) {
			var log bytes.Buffer
			for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
				logger := slog.New(handler)
				logger.Info("storing", "secret", carrier)
				logger.With("secret", carrier).WithGroup("group").Info("storing", slog.Group("inner", "secret", carrier))
			}
			if strings.Count(log.String(), "storing") != 4 {
				t.Errorf("not all lines were logged: %s", log.String())
			}
			wantHidden(t, log.String())
		})
	}
}

func TestSecretIsNeverMarshalled(t *testing.T) {
	for shape, carrier := range carriers() {
		t.Run(shape, func(t *testing.T) {
			data, err := json.Marshal(carrier) // a map's key is refused, and that is as good
			wantHidden(t, string(data))
			if err != nil {
				wantHidden(t, err.Error())
			}
		})
	}
	if got := asJSON(t, NewSecret(plain)); got != `"[redacted]"` {
		t.Errorf("written as %s", got)
	}
}

// A panic's value is printed by the runtime, and ends up in a log.
func TestSecretInAPanic(t *testing.T) {
	defer func() { wantHidden(t, fmt.Sprint(recover())) }()
	panic(fmt.Errorf("storing %v", NewAccessKey{active(keyN), NewSecret(plain)}))
}

func TestReveal(t *testing.T) {
	if NewSecret(plain).Reveal() != plain || NewSecret(plain).Empty() || !NewSecret("").Empty() || !(Secret{}).Empty() ||
		(Secret{}).Reveal() != "" {
		t.Error("a secret does not give back what it was made of")
	}
}

// Key ids are shown by their last four characters, and written whole: the
// journal needs them.
func TestKeyID(t *testing.T) {
	for _, test := range []struct {
		id   KeyID
		want string
	}{
		{"AKIAIOSFODNN7EXAMPLE", "****MPLE"},
		{"12345", "****2345"},
		{"1234", "****"},
		{"", "****"},
	} {
		if got := fmt.Sprintf("%s %v", test.id, test.id); got != test.want+" "+test.want {
			t.Errorf("%q shows as %s, want %s", string(test.id), got, test.want)
		}
		if got := fmt.Sprint([]KeyID{test.id}); got != "["+test.want+"]" {
			t.Errorf("%q shows within something as %s", string(test.id), got)
		}
		if got := asJSON(t, test.id); got != `"`+string(test.id)+`"` {
			t.Errorf("%q is written as %s", string(test.id), got)
		}
	}
}

func TestFindKey(t *testing.T) {
	all := []AccessKey{{}, active(keyO), inactive(keyN)}
	if key, found := findKey(all, keyN); !found || key.Status != Inactive {
		t.Errorf("found %v, %v", key, found)
	}
	for _, id := range []KeyID{keyX, ""} {
		if key, found := findKey(all, id); found || key != (AccessKey{}) {
			t.Errorf("%q was found: %v", string(id), key)
		}
	}
}
