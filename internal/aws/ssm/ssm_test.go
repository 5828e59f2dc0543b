package ssm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
	"qovery-key-rotation/internal/test/rotationtest"
)

const (
	targets  = "/qovery-key-rotation/targets/"
	staged   = "/qovery-key-rotation/staged/"
	token    = "/qovery-key-rotation/qovery-token"
	kmsKey   = "arn:aws:kms:eu-west-3:123456789012:key/0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"
	id       = rotation.KeyID("AKIA0123456789ABCDEF")
	myTarget = `{"name":"production","iamUserName":"qovery","organizationId":"6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",` +
		`"schedule":{"startAt":"2026-01-13T09:00:00+01:00"}}`
)

var secret = rotation.NewSecret(awstest.Planted)

// clock does not wait. It counts how often it was asked to.
type clock struct{ slept *int }

func (clock) Now() time.Time { return time.Now() }
func (c clock) Sleep(ctx context.Context, _ time.Duration) error {
	if c.slept != nil {
		*c.slept++
	}
	return ctx.Err()
}

func store(cfg aws.Config) *ssm.Store { return ssm.New(cfg, clock{}) }

func TestAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	rotationtest.Staging(t, func(*testing.T) rotation.Staging { return store(cfg).Staged(staged) })
	t.Run("a staged secret is a SecureString", func(t *testing.T) { stagedIsSecure(t, cfg) })
	rotationtest.Staging(t, func(*testing.T) rotation.Staging { return store(cfg).Staged(staged).EncryptedWith(kmsKey) })
	t.Run("with the customer's key", func(t *testing.T) { stagedWithKey(t, cfg) })
	t.Run("targets", func(t *testing.T) { targetsInMoto(t, cfg) })
	t.Run("tokens", func(t *testing.T) { tokensInMoto(t, cfg) })
}

func stagedIsSecure(t *testing.T, cfg aws.Config) {
	if _, err := store(cfg).Staged(staged).Put(t.Context(), id, secret); err != nil {
		t.Fatal(err)
	}
	requireSecure(t, cfg, id, "alias/aws/ssm")
}

// Whoever reads the secret or deletes it is not told of the key.
func stagedWithKey(t *testing.T, cfg aws.Config) {
	const another = rotation.KeyID("AKIA0123456789ABCDEG")
	if _, err := store(cfg).Staged(staged).EncryptedWith(kmsKey).Put(t.Context(), another, secret); err != nil {
		t.Fatal(err)
	}
	requireSecure(t, cfg, another, kmsKey)
	if read, err := store(cfg).Staged(staged).Get(t.Context(), another); err != nil || !read.Equal(secret) {
		t.Error(err)
	}
	if err := store(cfg).Staged(staged).Delete(t.Context(), another); err != nil {
		t.Error(err)
	}
}

// requireSecure wants a standard SecureString that is encrypted with the key.
func requireSecure(t *testing.T, cfg aws.Config, id rotation.KeyID, key string) {
	t.Helper()
	found, err := awsssm.NewFromConfig(cfg).DescribeParameters(t.Context(), &awsssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Name"), Values: []string{staged + string(id)}}},
	})
	if err != nil || len(found.Parameters) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if p := found.Parameters[0]; p.Type != types.ParameterTypeSecureString || aws.ToString(p.KeyId) != key ||
		p.Tier != types.ParameterTierStandard {
		t.Errorf("type %s, key %s, tier %s", p.Type, aws.ToString(p.KeyId), p.Tier)
	}
}

func targetsInMoto(t *testing.T, cfg aws.Config) {
	put(t, cfg, types.ParameterTypeString, targets+"production", myTarget)
	put(t, cfg, types.ParameterTypeString, targets+"other", myTarget)
	put(t, cfg, types.ParameterTypeString, targets+"broken", `{"name":"broken"}`)
	target, err := store(cfg).Targets(targets).Target(t.Context(), "production")
	if err != nil || target.IAMUserName != "qovery" || target.MaxDeployAttempts != 2 {
		t.Errorf("%+v, %v", target, err)
	}
	// More than a page.
	for i := range 12 {
		put(t, cfg, types.ParameterTypeString, fmt.Sprintf("%smany-%02d", targets, i), myTarget)
	}
	names, err := store(cfg).Targets(targets).Names(t.Context())
	if err != nil || len(names) != 15 || names[0] != "broken" || names[1] != "many-00" || names[14] != "production" {
		t.Errorf("%v, %v", names, err)
	}
	for name, want := range map[string]fault.Code{"other": fault.InvalidInput, "broken": fault.InvalidInput,
		"none": fault.TargetNotFound} {
		if _, err := store(cfg).Targets(targets).Target(t.Context(), name); !fault.HasCode(err, want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func tokensInMoto(t *testing.T, cfg aws.Config) {
	put(t, cfg, types.ParameterTypeSecureString, token, awstest.Planted)
	put(t, cfg, types.ParameterTypeString, token+"-in-the-clear", awstest.Planted)
	if read, err := store(cfg).Token(t.Context(), token); err != nil || !read.Equal(secret) {
		t.Error(err)
	}
	for _, name := range []string{token + "-in-the-clear", token + "-nowhere"} {
		if _, err := store(cfg).Token(t.Context(), name); !fault.HasCode(err, fault.TokenRefused) ||
			strings.Contains(err.Error(), awstest.Planted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func put(t *testing.T, cfg aws.Config, kind types.ParameterType, name, value string) {
	t.Helper()
	_, err := awsssm.NewFromConfig(cfg).PutParameter(t.Context(),
		&awsssm.PutParameterInput{Name: &name, Value: &value, Type: kind})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFaults(t *testing.T) {
	for name, op := range map[string]awstest.Operation{
		"target": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := store(cfg).Targets(targets).Target(ctx, "production")
			return err
		}},
		"names": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := store(cfg).Targets(targets).Names(ctx)
			return err
		}},
		"token": {Reads: true, Secret: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := store(cfg).Token(ctx, token)
			return err
		}},
		"put": {Reads: true, Secret: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := store(cfg).Staged(staged).Put(ctx, id, secret)
			return err
		}},
		"has": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			there, err := store(cfg).Staged(staged).Has(ctx, id)
			if there {
				t.Error("there, and an error")
			}
			return err
		}},
		"get": {Reads: true, Secret: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := store(cfg).Staged(staged).Get(ctx, id)
			return err
		}},
		"delete": {Secret: true, Call: func(ctx context.Context, cfg aws.Config) error {
			return store(cfg).Staged(staged).Delete(ctx, id)
		}},
	} {
		op.Protocol = awstest.JSONProtocol
		t.Run(name, func(t *testing.T) { awstest.CheckFaults(t, op) })
	}
}

// What the request says of the key, on the wire.
func TestKeyIDIsSentIfThereIsOne(t *testing.T) {
	for _, want := range []string{"", kmsKey} {
		server := awstest.Serve(t, awstest.Always(awstest.JSON(200, `{"Version":1}`)))
		if _, err := store(awstest.Config(server.URL)).Staged(staged).EncryptedWith(want).Put(t.Context(), id,
			secret); err != nil {
			t.Fatal(err)
		}
		var sent map[string]any
		if err := json.Unmarshal([]byte(server.Requests()[0].Body), &sent); err != nil {
			t.Fatal(err)
		}
		if got, isSent := sent["KeyId"]; isSent != (want != "") || isSent && got != want {
			t.Errorf("sent %v, want %q", got, want)
		}
	}
}

func TestKeyThatCannotBeUsed(t *testing.T) {
	for name, call := range map[string]func(*ssm.Staged) error{
		"put": func(s *ssm.Staged) error { _, err := s.Put(t.Context(), id, secret); return err },
		"get": func(s *ssm.Staged) error { _, err := s.Get(t.Context(), id); return err },
	} {
		server := awstest.Serve(t, awstest.Always(awstest.JSONError(400, "InvalidKeyId", "arn is disabled")))
		err := call(store(awstest.Config(server.URL)).Staged(staged).EncryptedWith(kmsKey))
		if !fault.HasCode(err, fault.AccessDenied) ||
			!strings.Contains(err.Error(), "the KMS key that encrypts the parameter cannot be used") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHasAsksForNoDecryption(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(parameter("ciphertext")))
	there, err := store(awstest.Config(server.URL)).Staged(staged).Has(t.Context(), id)
	if !there || err != nil {
		t.Errorf("%v, %v", there, err)
	}
	var asked struct{ WithDecryption *bool }
	if err := json.Unmarshal([]byte(server.Requests()[0].Body), &asked); err != nil || asked.WithDecryption == nil ||
		*asked.WithDecryption {
		t.Errorf("asked %s", server.Requests()[0].Body)
	}
}

// An answer that was lost: the SDK's repetition finds the parameter there, and
// that it is the same.
func TestPutAfterAnErrorAfterTheEffect(t *testing.T) {
	value, _ := json.Marshal(map[string]string{"accessKeyId": string(id), "secretAccessKey": secret.Reveal()})
	for name, test := range map[string]struct {
		stored string
		code   fault.Code
	}{
		"the same": {string(value), ""},
		"another secret": {strings.ReplaceAll(string(value), awstest.Planted, awstest.Planted+"2"),
			fault.MalformedAnswer},
		"another key":     {strings.ReplaceAll(string(value), "CDEF", "CDEX"), fault.MalformedAnswer},
		"no access key":   {awstest.Planted, fault.MalformedAnswer},
		"without secret":  {`{"accessKeyId":"` + string(id) + `"}`, fault.MalformedAnswer},
		"without content": {`{}`, fault.MalformedAnswer},
		"two secrets": {strings.Replace(string(value), `"secretAccessKey"`,
			`"secretAccessKey":"another","secretAccessKey"`, 1), fault.MalformedAnswer},
		"another name": {strings.Replace(string(value), `"secretAccessKey"`, `"SecretAccessKey"`, 1),
			fault.MalformedAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			server := awstest.Serve(t, awstest.InOrder(
				awstest.JSONError(500, "InternalServerError", ""), awstest.JSONError(400, "ParameterAlreadyExists", ""),
				parameter(test.stored)))
			stored, err := store(awstest.Config(server.URL)).Staged(staged).Put(t.Context(), id, secret)
			if stored || (err != nil) != (test.code != "") || err != nil && !fault.HasCode(err, test.code) {
				t.Fatal(err)
			}
			if err != nil && strings.Contains(err.Error(), awstest.Planted) {
				t.Errorf("quoted: %v", err)
			}
		})
	}
}

// A value that is not the key's secret stays so however often it is read: the
// error says to delete it.
func TestWrongSecretSaysWhatToDo(t *testing.T) {
	for _, value := range []string{awstest.Planted, `{}`, `{"accessKeyId":"AKIAANOTHERKEY000000","secretAccessKey":"` +
		awstest.Planted + `"}`} {
		server := awstest.Serve(t, awstest.Always(parameter(value)))
		_, err := store(awstest.Config(server.URL)).Staged(staged).Get(t.Context(), id)
		if !fault.HasCode(err, fault.MalformedAnswer) ||
			!strings.HasSuffix(err.Error(), rotation.NextAfterWrongSecret().String()) {
			t.Errorf("%v", err)
		}
	}
}

// Parameter Store is eventually consistent: absent is what stays absent.
func TestAbsentIsLookedForAgain(t *testing.T) {
	notFound := awstest.JSONError(400, "ParameterNotFound", "")
	late := awstest.Serve(t,
		awstest.InOrder(notFound, notFound,
			parameter(`{"accessKeyId":"`+string(id)+`","secretAccessKey":"`+awstest.Planted+`"}`)))
	if found, err := store(awstest.Config(late.URL)).Staged(staged).Get(t.Context(), id); err != nil ||
		!found.Equal(secret) {
		t.Errorf("late: %v", err)
	}
	never, slept := awstest.Serve(t, awstest.Always(notFound)), 0
	if _, err := ssm.New(awstest.Config(never.URL), clock{&slept}).Staged(staged).Get(t.Context(), id); !errors.Is(err,
		rotation.ErrNotStaged) || slept != 3 {
		t.Errorf("never: %v, after %d pauses", err, slept)
	}
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := awstest.Serve(t, awstest.Always(notFound))
	stopping := ssm.New(awstest.Config(interrupted.URL), stop{cancel}).Staged(staged)
	if there, err := stopping.Has(ctx, id); there || !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("interrupted: %v, %v", there, err)
	}
}

// stop ends the context instead of sleeping.
type stop struct{ cancel func() }

func (stop) Now() time.Time { return time.Now() }
func (s stop) Sleep(ctx context.Context, _ time.Duration) error {
	s.cancel()
	return ctx.Err()
}

func TestAnotherParameter(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(awstest.JSON(200, `{"Parameter":{"Name":"/another","Type":"SecureString",`+
		`"Value":"v"}}`)))
	if _, err := store(awstest.Config(server.URL)).Token(t.Context(), token); !fault.HasCode(err,
		fault.MalformedAnswer) {
		t.Error(err)
	}
}

func parameter(value string) awstest.Answer {
	body, _ := json.Marshal(map[string]any{"Parameter": map[string]any{"Name": staged + string(id), "Type": "SecureString",
		"Value": value, "Version": 1}})
	return awstest.JSON(200, string(body))
}
