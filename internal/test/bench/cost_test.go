package main

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/target"
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
		invocations: 2, running: 4 * time.Second, logged: 1e9,
		calls:     map[string]int{"token.Read": 2, "staging.Put": 1, "staging.Get": 4, "targets.Target": 1},
		readUnits: 5, writeUnits: 6,
	}
	r.Transitions = 7
	items := stack{memory: 128, allMetrics: true}.rotation(list(nil), r)
	for name, want := range map[string]float64{
		"transitions": 7,
		// Three requests; and an eighth of a GB for the steps' time and three starts.
		"Lambda":     3 + (4+3.)/8,
		"journal":    11,
		"parameters": 1,
		"KMS":        7,
		"logs":       1 + 3*1024/1e9,
		"traces":     4,
		"schedule":   2,
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

// TestAMonth: what is there by the template, and an audit a day.
func TestAMonth(t *testing.T) {
	s := stack{alarms: 2, alarmed: 5, dashboards: 1, memory: 128, allMetrics: true}
	p := list(map[string]float64{"dashboardMonth": 3, "logsGB": 0})
	one, ten := s.month(p, 1), s.month(p, 10)
	const runs = 365 / 12.0
	for name, want := range map[string]float64{
		"2 alarms on 5 metrics":  5,
		"1 dashboard":            3,
		"0 keys":                 0,
		"the audit's 12 metrics": 12. / 24, // an hour a day
		// An eighth of a GB for a start and 20 requests of 80 ms, and the request that started it;
		// each of the 20 is a write and one of KMS; a trace and the schedule.
		"the audit's runs": runs * ((1+1.6)/8 + 1 + 40 + 2),
	} {
		if got := named(t, one, name); !equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := named(t, ten, "the audit's 66 metrics"); !equal(got, 66./24) {
		t.Errorf("metrics of ten targets: %v", got)
	}
	if got := named(t, stack{}.month(p, 10), "the audit's 1 metric"); !equal(got, 1./24) {
		t.Errorf("metrics by default: %v", got)
	}
	if got, want := named(t, ten, "the audit's runs"), 10*named(t, one, "the audit's runs"); !equal(got, want) {
		t.Errorf("audits of ten targets: %v, want %v", got, want)
	}
}

// TestWhatIsCompared: a rotation with a runner that sleeps through it, a year
// with as many of those as there are rotations in it.
func TestWhatIsCompared(t *testing.T) {
	r := simulated{}
	r.Transitions, r.Took = 10, target.Seconds(90*time.Second)
	s := stack{dashboards: 1}
	nothing := map[string]float64{}
	for name := range list(nil).Prices {
		nothing[name] = 0
	}
	nothing["transition"], nothing["runnerMinute"], nothing["dashboardMonth"] = 1, 4, 3
	rows := s.bill(list(nothing), r, stack{dashboards: 2})
	for _, want := range []row{
		{what: "cost of a rotation", measured: "$10.00", ratio: 10. / 8}, // two minutes are begun
		{what: "  transitions", measured: "$10.00", ratio: 1},
		{what: "cost of a month, 1 target, without a rotation", measured: "$3.00", ratio: 3 / 0.3},
		{what: "the same with all alarms and the dashboard", measured: "$6.00", ratio: 6. / 8},
		{what: "cost of a year, 1 target", measured: "$76.56", ratio: (36 + 10*365/90.) / (8 * 365 / 90.)},
	} {
		i := slices.IndexFunc(rows, func(r row) bool { return r.what == want.what })
		if i < 0 || rows[i].measured != want.measured || !equal(rows[i].ratio, want.ratio) {
			t.Errorf("%+v is not in %+v", want, rows)
		}
	}
}

// TestTheStackIsOnTheBill: the template that is read has what costs something.
func TestTheStackIsOnTheBill(t *testing.T) {
	t.Chdir("../../..")
	for _, want := range []struct {
		files []string
		stack stack
	}{
		{[]string{template}, stack{alarms: 2, alarmed: 2, memory: 128}},
		{[]string{template, fullTemplate}, stack{alarms: 8, alarmed: 8, dashboards: 1, memory: 128, allMetrics: true}},
	} {
		if s, err := readStack(want.files...); err != nil || s != want.stack {
			t.Errorf("%+v, %v, want %+v", s, err, want.stack)
		}
	}
}
