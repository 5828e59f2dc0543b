// Package qoveryclient builds the client to Qovery's API for the functions that
// talk to it. The API's address is set at deployment only.
package qoveryclient

import (
	"context"
	"log/slog"

	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/lambda/function"
	"qovery-key-rotation/internal/qovery"
)

// New returns the client. It reads tokens from the Parameter Store.
func New(f *function.Setup, store *ssm.Store) *qovery.Client {
	client, err := qovery.New(qovery.Options{
		BaseURL: f.Optional(lambda.QoveryAPIURL),
		Token:   store.Token,
		Clock:   f.Clock,
		Observe: func(method, path string, status int) {
			f.Log.LogAttrs(context.Background(), slog.LevelDebug, "Qovery was asked",
				slog.String("method", method), slog.String("path", path), slog.Int("status", status))
		},
	})
	if err != nil {
		f.Reject(lambda.QoveryAPIURL, "is not accepted: "+err.Error())
	}
	return client
}
