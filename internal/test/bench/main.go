// Command bench measures what somebody who adopts this system would ask about:
// how fast a function starts, how large it is, what a rotation costs and takes.
// Each figure stands beside something that is named, and was measured in the same
// run where that is possible. It prints one table; -write puts it into a document.
//
// 'make bench' runs it in the repository's own folder. It needs Go and this
// machine alone. How fast the code itself is, Go benchmarks beside that code say.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	write := flag.String("write", "", "a document to put the table into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, document string) error {
	var rows []row
	for _, measure := range []func(context.Context) ([]row, error){
		startRows, transitionRows, lostRows, limitRows, costRows, explorationRows,
	} {
		more, err := measure(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	var table bytes.Buffer
	printMachine(&table)
	printTable(&table, rows)
	if _, err := out.Write(table.Bytes()); err != nil || document == "" {
		return err
	}
	return writeInto(document, table.Bytes())
}
