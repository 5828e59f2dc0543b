package ssm

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Token reads the Qovery token that an operator has put into a parameter.
func (s *Store) Token(ctx context.Context, parameter string) (rotation.Secret, error) {
	return s.secret(ctx, parameter, "Qovery's API token", fault.TokenRefused)
}

// Webhook reads the address of a webhook, likewise.
func (s *Store) Webhook(ctx context.Context, parameter string) (rotation.Secret, error) {
	return s.secret(ctx, parameter, "the address of a webhook", fault.ConfigurationError)
}

// HoldsWebhook is nil if Webhook would find one. It learns no more than that.
func (s *Store) HoldsWebhook(ctx context.Context, parameter string) error {
	_, err := s.read(ctx, parameter, "the address of a webhook", fault.ConfigurationError, false)
	return err
}

// secret reads what an operator has put into a parameter. A secret that lies there in the
// clear is refused: anyone who may list parameters would have it.
func (s *Store) secret(ctx context.Context, parameter, what string, code fault.Code) (rotation.Secret, error) {
	found, err := s.read(ctx, parameter, what, code, true)
	if err != nil {
		return rotation.Secret{}, err
	}
	return rotation.NewSecret(*found.Value), nil
}

func (s *Store) read(ctx context.Context, parameter, what string, code fault.Code, decrypt bool) (*types.Parameter,
	error) {
	found, err := s.get(ctx, parameter, decrypt)
	switch {
	case errors.Is(err, errNotFound):
		return nil, fault.Errorf(code, "The parameter %s, which should hold %s, does not exist", parameter, what)
	case err != nil:
		return nil, err
	case found.Type != types.ParameterTypeSecureString:
		return nil, fault.Errorf(code, "The parameter %s, which holds %s, isn't a SecureString", parameter, what)
	}
	return found, nil
}
