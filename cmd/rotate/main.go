// Command rotate is the operator's command line of qovery-key-rotation.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"qovery-key-rotation/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
