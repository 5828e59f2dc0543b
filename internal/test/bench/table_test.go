package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		row  row
		want string
	}{
		{row{ratio: 1.5, goal: 1.5}, "yes"},
		{row{ratio: 1.65, goal: 1.5}, "NO, 10% over"},
		{row{ratio: 9, noGoal: true}, "-"},
	} {
		if _, got := test.row.verdict(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.row, got, test.want)
		}
	}
}

func TestReadBenchmarks(t *testing.T) {
	got := readBenchmarks([]byte(`goos: linux
BenchmarkStart/audit-16  	 30	 6000 bare-bytes	 9000 bytes	 2000 ns/bare	 3000 ns/start
BenchmarkStart/notify	 30	 6000 bare-bytes	 9600 bytes	 2000.5 ns/bare	 2800 ns/start
PASS
ok  	functions	2s
`))
	if len(got) != 2 || got[0].name != "audit" || got[1].name != "notify" || got[1].figures["ns/bare"] != 2000.5 {
		t.Fatalf("%+v", got)
	}
	if slowest := most(got, "ns/start", "ns/bare"); slowest.name != "audit" {
		t.Errorf("the slowest is %s", slowest.name)
	}
	if largest := most(got, "bytes", "bare-bytes"); largest.name != "notify" {
		t.Errorf("the largest is %s", largest.name)
	}
}

func TestWriteInto(t *testing.T) {
	document := filepath.Join(t.TempDir(), "document.md")
	if err := os.WriteFile(document, []byte("before\n"+beforeTable+"old\n"+afterTable+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be written again
		if err := writeInto(document, []byte("new\n")); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(document)
	want := "before\n" + beforeTable + "```text\nnew\n```\n" + afterTable + "after\n"
	if err != nil || string(text) != want {
		t.Errorf("%v, wrote %q, want %q", err, text, want)
	}
	if err := os.WriteFile(document, []byte("no place"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeInto(document, nil); err == nil || !strings.Contains(err.Error(), "no place") {
		t.Errorf("no place: %v", err)
	}
}

// TestTheDocumentIsReadable: the table in the document is one that this program
// would write, and no wider than a screen.
func TestTheDocumentIsReadable(t *testing.T) {
	text, err := os.ReadFile("../../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), beforeTable)
	table, _, found := strings.Cut(rest, afterTable)
	if !found || !strings.Contains(table, heading) {
		t.Fatalf("there is no table: %q", table)
	}
	const screen = 130
	for line := range strings.Lines(table) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > screen {
			t.Errorf("over %d columns: %s", screen, line)
		}
		if strings.HasSuffix(line, " \n") {
			t.Errorf("ends in spaces: %q", line)
		}
	}
}

func TestPrintTable(t *testing.T) {
	var out strings.Builder
	printTable(&out, []row{
		{what: "one", measured: "12 MB", against: "bare 10 MB", ratio: 1.2, goal: 1.25},
		{what: "another", measured: "11", against: "10", ratio: 1.1, goal: 1},
		{what: "shown", ratio: 3, noGoal: true},
	})
	want := `         measured  against     ratio  goal     reached
one      12 MB     bare 10 MB  1.20   <= 1.25  yes
another  11        10          1.10   <= 1     NO, 10% over
shown                          3      -        -

1 of 2 goals reached
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPricesHaveASource: each price tells of what, from where, and how that was
// checked.
func TestPricesHaveASource(t *testing.T) {
	list, err := readPrices()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.DateOnly, list.AsOf); err != nil || len(list.Prices) < 16 {
		t.Errorf("as of %q, %d prices", list.AsOf, len(list.Prices))
	}
	for name, price := range list.Prices {
		if price.Per == "" || !strings.HasPrefix(price.Source, "https://") || price.Checked == "" || price.USD < 0 {
			t.Errorf("%s: %+v", name, price)
		}
	}
}
