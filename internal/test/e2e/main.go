// Run as a program, it leaves the integration stack running, for people to try
// the command line on: the shipped functions and definition on the moto
// server's engines, with the fake Qovery, on a clock that goes faster while a
// rotation runs.

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := Playground(ctx, ".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
