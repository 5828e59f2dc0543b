// Package ssm is what this system keeps in SSM Parameter Store: the targets
// (targets.go), the Qovery tokens (tokens.go) and the new keys' secrets while
// they wait for their locations (staged.go).
package ssm

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Store is the Parameter Store of the configuration's account and region.
type Store struct {
	client *ssm.Client
	clock  rotation.Clock
}

// New returns the store.
func New(cfg aws.Config, clock rotation.Clock) *Store {
	return &Store{ssm.NewFromConfig(cfg), clock}
}

// errNotFound says that there is no such parameter.
var errNotFound = errors.New("no such parameter")

// failed adds what Parameter Store says of the keys of SecureStrings to the usual
// mapping: a key that is disabled, about to be deleted or not there is an
// InvalidKeyId, and neither is anything stored with it nor read.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
func failed(request awsclient.Request, err error) error {
	if code := awsclient.Code(err); code == "InvalidKeyId" {
		return fault.Errorf(fault.AccessDenied,
			"AWS denies %s (%s): the KMS key that encrypts the parameter cannot be used", request, code)
	}
	return request.Failed(err)
}

// get reads a parameter; of a SecureString, without decryption, the ciphertext.
// That it is there is all that a caller without decryption learns.
func (s *Store) get(ctx context.Context, name string, decrypt bool) (*types.Parameter, error) {
	request := awsclient.Request{Action: "ssm:GetParameter", On: words.Text(name), Secret: decrypt}
	answer, err := s.client.GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: &decrypt})
	switch {
	case awsclient.Code(err) == "ParameterNotFound":
		return nil, errNotFound
	case err != nil:
		return nil, failed(request, err)
	case answer.Parameter == nil || aws.ToString(answer.Parameter.Name) != name:
		return nil, request.Malformed("it is not that parameter")
	case aws.ToString(answer.Parameter.Value) == "":
		return nil, request.Malformed("the parameter has no value")
	}
	return answer.Parameter, nil
}
