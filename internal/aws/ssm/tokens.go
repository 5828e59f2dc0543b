package ssm

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Token reads the Qovery token that an operator has put into a parameter. A
// token that lies there in the clear is refused: whoever may list parameters
// would have it.
func (s *Store) Token(ctx context.Context, parameter string) (rotation.Secret, error) {
	read, err := s.get(ctx, parameter, true)
	switch {
	case errors.Is(err, errNotFound):
		return rotation.Secret{}, fault.Errorf(fault.TokenRefused, "The parameter %s, which should hold Qovery's "+
			"API token, does not exist", parameter)
	case err != nil:
		return rotation.Secret{}, err
	case read.Type != types.ParameterTypeSecureString:
		return rotation.Secret{}, fault.Errorf(fault.TokenRefused, "The parameter %s, which holds Qovery's API "+
			"token, isn't a SecureString", parameter)
	}
	return rotation.NewSecret(*read.Value), nil
}
