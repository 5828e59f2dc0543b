package qovery

import (
	"context"
	"log/slog"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
)

// FromEnvironment returns the client of a function. Its address is in the
// environment, and is set at deployment only; token reads a token from where
// the parameter is.
func FromEnvironment(env *lambda.Environment, clock rotation.Clock, log *slog.Logger,
	token func(ctx context.Context, parameter string) (rotation.Secret, error)) *Client {
	client, err := New(Options{
		BaseURL: env.Optional(lambda.QoveryAPIURL),
		Token:   token,
		Clock:   clock,
		Observe: func(method, path string, status int) {
			log.LogAttrs(context.Background(), slog.LevelDebug, "Qovery was asked",
				slog.String("method", method), slog.String("path", path), slog.Int("status", status))
		},
	})
	if err != nil {
		env.Reject(lambda.QoveryAPIURL, "is not accepted: "+err.Error())
	}
	return client
}
