package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// printMachine tells where and when the table was made.
func printMachine(out io.Writer) {
	fmt.Fprintf(out, "%s, %s, %s/%s, %d processors: %s\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor())
}

// processor is its name, as Linux tells it.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere there is none
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "not named"
}

// What stands around the table in a document.
const (
	beforeTable = "<!-- make bench writes what is between these two lines -->\n"
	afterTable  = "<!-- make bench wrote this -->\n"
)

// writeInto puts the table into a document, in place of the last one.
func writeInto(document string, table []byte) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(beforeTable))
	_, after, alsoFound := bytes.Cut(rest, []byte(afterTable))
	if !found || !alsoFound {
		return fmt.Errorf("%s has no place for the table, which is between %q and %q", document, beforeTable, afterTable)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s%s```text\n%s```\n%s%s", before, beforeTable, table, afterTable, after)
	return os.WriteFile(document, out.Bytes(), 0o644)
}
