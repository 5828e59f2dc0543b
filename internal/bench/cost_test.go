package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// list is a price list on which everything costs one dollar.
func list(but map[string]float64) prices {
	listed, err := readPrices()
	if err != nil {
		panic(err) // the embedded list
	}
	p := prices{Prices: map[string]price{}}
	for name := range listed.Prices {
		p.Prices[name] = price{USD: 1}
	}
	for name, usd := range but {
		p.Prices[name] = price{USD: usd}
	}
	return p
}

func equal(a, b float64) bool { return math.Abs(a-b) < 1e-9*max(math.Abs(a), math.Abs(b), 1) }

func named(t *testing.T, items []item, name string) float64 {
	t.Helper()
	for _, i := range items {
		if strings.HasPrefix(i.name, name) {
			return i.usd
		}
	}
	t.Fatalf("%q is not on the bill: %+v", name, items)
	return 0
}

// TestABillIsItsParts: a rotation's bill, counted by hand.
func TestABillIsItsParts(t *testing.T) {
	r := simulated{
		invocations: []invocation{{function: "preflight", took: time.Second}, {function: "deletekey", took: 3 * time.Second}},
		calls:       map[string]int{"token.Read": 2, "staging.Put": 1, "staging.Get": 4, "targets.Target": 1},
		readUnits:   5, writeUnits: 6,
	}
	r.Transitions = 7
	used := func(cpu time.Duration, logged int) firstAnswer {
		return firstAnswer{calls: 10, usage: usage{cpu: cpu, log: make([]byte, logged)}}
	}
	const slower = oneProcessor / float64(lambdaMemory)
	typical := map[string]firstAnswer{"preflight": used(time.Second, 1e9), "deletekey": used(0, 2e9), notify: used(0, 3e9)}
	items := costOf(r, list(nil), typical)
	for name, want := range map[string]float64{
		"transitions": 7,
		// Three requests; and an eighth of a GB for what was waited for, calculated, and waited for by notify.
		"Lambda":   3 + (4+slower+0.8)/8,
		"journal":  11,
		"KMS":      7,
		"logs":     6,
		"traces":   4,
		"schedule": 2,
	} {
		if got := named(t, items, name); !equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	var sum float64
	for _, row := range itemRows(items, "all") {
		sum += row.ratio
	}
	if !equal(sum, 1) {
		t.Errorf("the shares add up to %v", sum)
	}
}

func TestTheModelOfMemory(t *testing.T) {
	p := list(nil)
	waiter, thinker := model{waits: time.Second}, model{calculates: time.Second}
	if got := waiter.costs(1024, p); got != 1 {
		t.Errorf("a GB for a second costs %v", got)
	}
	if got := thinker.takes(oneProcessor); got != time.Second {
		t.Errorf("a whole processor takes %s", got)
	}
	if got, want := thinker.takes(2*oneProcessor), time.Second; got != want {
		t.Errorf("more than a whole processor takes %s: one goroutine cannot use two", got)
	}
	if got := thinker.takes(oneProcessor / 2); got < 2*time.Second || got > 2010*time.Millisecond {
		t.Errorf("half a processor takes %s", got)
	}
	if got, want := thinker.costs(256, p), thinker.costs(512, p); math.Abs(got/want-1) > 1e-6 {
		t.Errorf("calculating costs %v with 256 MB and %v with 512", got, want)
	}
	if got := waiter.cheapestBut(lambdaMemory, p); got != 256 {
		t.Errorf("after 128 MB, waiting is the cheapest with %d MB", got)
	}
	if got := waiter.cheapestBut(512, p); got != 128 {
		t.Errorf("waiting is the cheapest with %d MB", got)
	}
}

// TestAMonth: what is there by the template, and an audit a day.
func TestAMonth(t *testing.T) {
	metrics := `{"_aws":{"CloudWatchMetrics":[{"Dimensions":[["target"]],"Metrics":[{"Name":"a"},{"Name":"b"}]}]}}
{"message":"told"}
no JSON
{"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"a"}]}]}}
`
	a := firstAnswer{calls: 10, usage: usage{log: []byte(metrics)}}
	s := stack{alarms: 2, alarmed: 5, dashboards: 1}
	p := list(map[string]float64{"dashboardMonth": 3, "logsGB": 0})
	one, ten := s.month(p, a, 1), s.month(p, a, 10)
	const runs = 365 / 12.0
	for name, want := range map[string]float64{
		"2 alarms on 5 metrics": 5,
		"1 dashboard":           3,
		"0 keys":                0,
		"the audit's 3 metrics": 3. / 24, // an hour a day
		"the audit's Lambda":    runs * (1 + 0.8/8),
		"the audit's calls":     runs * (10 + 3),
	} {
		if got := named(t, one, name); !equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := named(t, ten, "the audit's 21 metrics"); !equal(got, 21./24) {
		t.Errorf("metrics of ten targets: %v", got)
	}
	if got, want := named(t, ten, "the audit's Lambda"), 10*named(t, one, "the audit's Lambda"); !equal(got, want) {
		t.Errorf("audits of ten targets: %v, want %v", got, want)
	}
}

// TestTheStackIsOnTheBill: the template that is read has what costs something.
func TestTheStackIsOnTheBill(t *testing.T) {
	t.Chdir("../..")
	s, err := readStack()
	if err != nil {
		t.Fatal(err)
	}
	if s.alarms == 0 || s.alarmed < s.alarms || s.dashboards != 1 {
		t.Errorf("%+v", s)
	}
}

func TestPackageOf(t *testing.T) {
	for function, want := range map[string]string{
		"encoding/json.(*decodeState).object":                           "encoding/json",
		"maps.clone":                                                    "maps",
		"qovery-key-rotation/internal/rotation.Handle":                  "internal/rotation",
		"qovery-key-rotation/internal/simulator.(*host).Invoke.func1":   "internal/simulator",
		"github.com/aws/smithy-go/middleware.(*Stack).HandleMiddleware": "github.com/aws/smithy-go/middleware",
	} {
		if got := packageOf(function); got != want {
			t.Errorf("%s: %q, want %q", function, got, want)
		}
	}
}
