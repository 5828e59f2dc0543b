package ssm

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/strictjson"
	"qovery-key-rotation/internal/words"
)

// Staged are the secrets of new keys, a SecureString each, named after the
// access key's id.
type Staged struct {
	store  *Store
	prefix string
	kmsKey string
}

var _ rotation.Staging = (*Staged)(nil)

// Staged returns the secrets whose parameters are named with the prefix.
// What is put there is encrypted with the AWS-managed key alias/aws/ssm, which is
// what a SecureString without a key id gets.
func (s *Store) Staged(prefix string) *Staged { return &Staged{store: s, prefix: prefix} }

// EncryptedWith returns the same secrets; what is put there is encrypted with the
// KMS key of that ARN, or with AWS's if it is "". Reading needs no such word:
// Parameter Store knows for each parameter which key encrypted it.
func (s *Staged) EncryptedWith(kmsKey string) *Staged { return &Staged{s.store, s.prefix, kmsKey} }

// stagedKey is the value of such a parameter. The id in it ties the secret to
// its key, whatever the parameter is called.
type stagedKey struct {
	ID     rotation.KeyID `json:"accessKeyId"`
	Secret string         `json:"secretAccessKey"`
}

// A parameter that was just written may not be found yet, so that one which is
// not found is looked for again before it counts as absent: "Due to eventual
// consistency of the underlying API, a GetValue of an SSM Parameter that was
// just created may fail."
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-parameter.html
var lookAgainAfter = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}

// Put stores a secret, and never overwrites one. That it is there already may
// be this very request's doing, whose first answer was lost.
func (s *Staged) Put(ctx context.Context, id rotation.KeyID, secret rotation.Secret) (stored bool, err error) {
	value, err := json.Marshal(stagedKey{id, secret.Reveal()})
	if err != nil {
		return false, err
	}
	request := s.request("ssm:PutParameter", id)
	answer, err := s.store.client.PutParameter(ctx, &ssm.PutParameterInput{
		Name:        s.name(id),
		Type:        types.ParameterTypeSecureString,
		KeyId:       s.keyID(),
		Value:       aws.String(string(value)),
		Overwrite:   aws.Bool(false),
		Tier:        types.ParameterTierStandard, // free, and large enough
		Description: aws.String("A new access key on its way to Qovery; deleted once it is there"),
	})
	switch {
	case awsclient.Code(err) == "ParameterAlreadyExists":
		return false, s.same(ctx, id, secret)
	case err != nil:
		return false, failed(request, err)
	case answer.Version < 1:
		return false, request.Malformed("it tells no version")
	}
	return true, nil
}

// keyID is absent for the AWS-managed key: Parameter Store takes no empty one.
func (s *Staged) keyID() *string {
	if s.kmsKey == "" {
		return nil
	}
	return &s.kmsKey
}

// same makes sure that what is stored already is the same.
func (s *Staged) same(ctx context.Context, id rotation.KeyID, secret rotation.Secret) error {
	stored, err := s.Get(ctx, id)
	switch {
	case errors.Is(err, rotation.ErrNotStaged):
		return s.request("ssm:PutParameter", id).Malformed("a secret is stored already, and cannot be found")
	case err != nil:
		return err
	case !stored.Equal(secret):
		return s.request("ssm:PutParameter", id).Malformed("another secret is stored already")
	}
	return nil
}

// Nothing is the name, behind the prefix, of a parameter that is never there. No
// access key is called so.
const Nothing = "nothing"

// Readable asks for a parameter that is not there: whoever may ask is told so.
func (s *Staged) Readable(ctx context.Context) error {
	_, err := s.store.get(ctx, s.prefix+Nothing, false)
	if errors.Is(err, errNotFound) {
		return nil
	}
	return err
}

// Has tells whether a secret is stored. It asks for no decryption.
func (s *Staged) Has(ctx context.Context, id rotation.KeyID) (bool, error) {
	_, err := s.find(ctx, id, false)
	if errors.Is(err, errNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Get reads a secret, which must be the key's.
func (s *Staged) Get(ctx context.Context, id rotation.KeyID) (rotation.Secret, error) {
	read, err := s.find(ctx, id, true)
	if errors.Is(err, errNotFound) {
		return rotation.Secret{}, rotation.ErrNotStaged
	}
	if err != nil {
		return rotation.Secret{}, err
	}
	var value stagedKey
	switch mistakes := strictjson.Read("", []byte(*read.Value), &value, nil); { // which may quote the secret
	case len(mistakes) > 0 || value.Secret == "":
		return rotation.Secret{}, s.wrong(id, "the value isn't an access key")
	case value.ID != id:
		return rotation.Secret{}, s.wrong(id, "the value is another access key")
	}
	return rotation.NewSecret(value.Secret), nil
}

// wrong says that what is stored is not the key's secret, and what to do about it.
func (s *Staged) wrong(id rotation.KeyID, why words.Text) error {
	err := s.request("ssm:GetParameter", id).Malformed(why)
	err.Next = rotation.NextAfterWrongSecret()
	return err
}

// find looks several times before it says that there is no secret.
func (s *Staged) find(ctx context.Context, id rotation.KeyID, decrypt bool) (*types.Parameter, error) {
	read, err := s.store.get(ctx, *s.name(id), decrypt)
	for _, pause := range lookAgainAfter {
		if !errors.Is(err, errNotFound) {
			break
		}
		if err := s.store.clock.Sleep(ctx, pause); err != nil {
			return nil, s.request("ssm:GetParameter", id).Unanswered("the function's time is over")
		}
		read, err = s.store.get(ctx, *s.name(id), decrypt)
	}
	return read, err
}

// Delete destroys a secret. Already gone is success.
func (s *Staged) Delete(ctx context.Context, id rotation.KeyID) error {
	_, err := s.store.client.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: s.name(id)})
	if err == nil || awsclient.Code(err) == "ParameterNotFound" {
		return nil
	}
	return s.request("ssm:DeleteParameter", id).Failed(err)
}

func (s *Staged) name(id rotation.KeyID) *string { return aws.String(s.prefix + string(id)) }

// request shows of the parameter's name what may be shown of a key id.
func (s *Staged) request(action string, id rotation.KeyID) awsclient.Request {
	return awsclient.Request{Action: action, On: words.Textf("%s%s", s.prefix, id), Secret: true}
}
