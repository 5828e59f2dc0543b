// Command bench measures what a rotation takes: time, size, CPU, state
// transitions and money, each in relation to something that is named and
// measured in the same run, and each with the goal that it should reach. It
// prints one table; -write puts it into a document.
//
// 'make bench' runs it with the flags that the functions are built with. It
// needs Go and this machine alone.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
)

func main() {
	build := flag.String("build", "", "the command that builds a function, without its output and package")
	write := flag.String("write", "", "a document to put the table into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *build, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, build, document string) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the functions are built for Linux and run on Linux alone, for example in a container; this is %s", runtime.GOOS)
	}
	if build == "" {
		return fmt.Errorf("-build is missing: run 'make bench'")
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var table bytes.Buffer
	printMachine(&table)
	sections, err := measure(ctx, build, folder)
	if err != nil {
		return err
	}
	printTable(&table, sections)
	if _, err := out.Write(table.Bytes()); err != nil || document == "" {
		return err
	}
	return writeInto(document, table.Bytes())
}

// measure runs everything, what is timed by the wall clock first.
func measure(ctx context.Context, build, folder string) ([]section, error) {
	say := func(what string) { fmt.Fprintln(os.Stderr, "bench:", what) }
	say("building the functions for this machine")
	p, err := buildAll(ctx, build, folder)
	if err != nil {
		return nil, err
	}
	h := newHost()
	defer h.close()
	say("starting each function")
	start, err := startRows(p, h)
	if err != nil {
		return nil, err
	}
	size, err := sizeRows(p)
	if err != nil {
		return nil, err
	}
	say("having each function answer")
	cpu, typical, err := cpuRows(p, h)
	if err != nil {
		return nil, err
	}
	say("simulating")
	rest, err := simulatedRows(typical)
	if err != nil {
		return nil, err
	}
	return append([]section{start, size, cpu}, rest...), nil
}
