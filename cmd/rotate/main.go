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
	// A reader who has read enough must not kill a command between two things that
	// it has to do: the failed write tells it, too.
	signal.Ignore(syscall.SIGPIPE)
	interrupts := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		interrupts = append(interrupts, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), interrupts...)
	defer stop()
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
