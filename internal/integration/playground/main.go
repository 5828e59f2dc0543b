// Command playground leaves the integration stack running, for people to try the
// command line on: the shipped functions and definition on the moto server's
// engines, with the fake Qovery, on a clock that goes faster while a rotation runs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"qovery-key-rotation/internal/integration"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := integration.Playground(ctx, ".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
