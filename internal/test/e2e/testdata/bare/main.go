// Command bare is the yardstick of the functions' size and start: a function on
// aws-lambda-go that does nothing.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type handler struct{}

// Invoke answers what it was sent.
func (handler) Invoke(_ context.Context, event []byte) ([]byte, error) { return event, nil }

func main() { lambda.StartWithOptions(handler{}) }
