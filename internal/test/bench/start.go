package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"qovery-key-rotation/internal/words"
)

// benchmark is a line that a Go benchmark prints: its name and, by their units,
// its figures. https://go.dev/design/14313-benchmark-format
type benchmark struct {
	name    string
	figures map[string]float64
}

// startRows are about the function that starts slowest and the one that is
// largest, each against the bare function, which does nothing.
func startRows(ctx context.Context) ([]row, error) {
	// Each function is started thirty times, in turns with the bare one.
	arguments := strings.Fields("test ./internal/test/e2e -run ^$ -bench ^BenchmarkStart$ -benchtime 30x")
	command := exec.CommandContext(ctx, "go", arguments...)
	output, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	functions := readBenchmarks(output)
	if len(functions) == 0 {
		return nil, fmt.Errorf("%s benchmarked no function:\n%s", command, output)
	}
	slowest, largest := most(functions, "ns/start", "ns/bare"), most(functions, "bytes", "bare-bytes")
	of := " of " + words.Count(len(functions), "function") + ": "
	compared := func(what string, b benchmark, unit, bare string, say func(float64) string, goal float64) row {
		return row{
			what: what + of + b.name, measured: say(b.figures[unit]), against: "a bare function " + say(b.figures[bare]),
			ratio: b.ratio(unit, bare), goal: goal,
		}
	}
	return []row{
		compared("start, the slowest", slowest, "ns/start", "ns/bare", millis, 2.2),
		compared("size, the largest", largest, "bytes", "bare-bytes", megabytes, 1.6),
	}, nil
}

func readBenchmarks(output []byte) []benchmark {
	var read []benchmark
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		b := benchmark{name: nameOf(words[0]), figures: map[string]float64{}}
		for i := 2; i+1 < len(words); i += 2 {
			b.figures[words[i+1]], _ = strconv.ParseFloat(words[i], 64) // go test prints numbers
		}
		read = append(read, b)
	}
	return read
}

// nameOf is "audit" of "BenchmarkStart/audit-2", where two are the processors.
func nameOf(printed string) string {
	_, name, _ := strings.Cut(printed, "/")
	if dash := strings.LastIndexByte(name, '-'); dash > 0 {
		name = name[:dash]
	}
	return name
}

func (b benchmark) ratio(unit, to string) float64 { return b.figures[unit] / b.figures[to] }

func most(of []benchmark, unit, to string) benchmark {
	return slices.MaxFunc(of, func(a, b benchmark) int { return cmp.Compare(a.ratio(unit, to), b.ratio(unit, to)) })
}

func millis(nanoseconds float64) string { return fmt.Sprintf("%.1f ms", nanoseconds/1e6) }

func megabytes(bytes float64) string { return fmt.Sprintf("%.2f MB", bytes/1e6) }
