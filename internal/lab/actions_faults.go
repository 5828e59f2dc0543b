package lab

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
)

// faultActions are what goes wrong with calls and clocks.
var faultActions = []Action{
	{"fault SITE[#N|%N|>N] KIND[:DELAY] [in STATE]", "makes the calls of a site go wrong (a prefix of sites ends with " +
		"*): all, the N-th from now on, each N-th, or all after the N-th; KIND is " + faultKinds(), faultCalls},
	{"calm", "ends all faults of calls, and what when, each and on wait for", plainly(func(o *Operator) error {
		o.calms++
		return nil
	})},
	{"on SITE ACTION", "does something as soon as the next call of the site is sent", onCall},
	{"qovery answers STATUS [METHOD [PATH|LOCATION]]",
		"has Qovery answer requests with a status, in place of carrying them out; " +
			"'qovery drops' drops all, 'qovery recovers' ends both, 'qovery hides-changes' shows no deployment", ofQovery},
	{"lag WHAT DURATION", "changes how long something takes to be seen: iam-lists, propagation, qovery or cloudtrail",
		lag},
	{"clock DURATION [STATE...]", "puts the clocks of functions ahead or, with a minus, behind: of those states, or of " +
		"all others", clock},
}

func faultKinds() string {
	var kinds []string
	for _, kind := range FaultKinds {
		kinds = append(kinds, string(kind))
	}
	return strings.Join(kinds, ", ")
}

// scriptFault is a fault of some calls.
type scriptFault struct {
	Fault
	site, state string
	nth, every  int // zero: all
	after       int
	calls       int // so far
}

func (f *scriptFault) strikes(call Call) bool {
	prefix, isPrefix := strings.CutSuffix(f.site, "*")
	if call.Site != f.site && !(isPrefix && strings.HasPrefix(call.Site, prefix)) ||
		f.state != "" && !strings.HasSuffix(call.Process, "/"+f.state) {
		return false
	}
	f.calls++
	return (f.nth == 0 || f.nth == f.calls) && (f.every == 0 || f.calls%f.every == 0) && f.calls > f.after
}

// number cuts "#2" or "%2" off the site.
func (f *scriptFault) number(a *args, sign string) (n int) {
	site, number, is := strings.Cut(f.site, sign)
	if !is {
		return 0
	}
	f.site = site
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		a.fail("%q isn't a number from 1", number)
	}
	return n
}

// Callers are what the names of sites begin with, before a point.
var Callers = []string{"iam", "journal", "qovery", "staging", "states", "sts", "targets", "token", "trail"}

// siteOf is the next word, the site of calls.
func (a *args) siteOf() string {
	site := a.word("a site")
	if !IsSite(site) {
		a.fail("%q is no site: one begins with %s and a point", site, strings.Join(Callers, ", "))
	}
	return site
}

// IsSite tells whether calls may have such a site.
func IsSite(name string) bool {
	caller, _, _ := strings.Cut(name, ".")
	return slices.Contains(Callers, caller)
}

func faultCalls(a *args) act {
	line := a.line
	f := scriptFault{site: a.siteOf()}
	f.nth, f.every, f.after = f.number(a, "#"), f.number(a, "%"), f.number(a, ">")
	kind, delay, delayed := strings.Cut(a.word("a kind"), ":")
	f.Kind = FaultKind(kind)
	if !slices.Contains(FaultKinds, f.Kind) {
		a.fail("%q isn't a kind of fault", kind)
	}
	if delayed {
		after := &args{left: delay}
		f.Delay = after.duration()
		a.err = cmp.Or(a.err, after.err)
	}
	if a.accept("in") {
		f.state = a.state()
	}
	return func(o *Operator) error {
		before, calms, strike, rule := o.Wire.Injector, o.calms, f, o.rule(line)
		o.Wire.Injector = func(call Call) (struck Fault) {
			if before != nil {
				struck = before(call)
			}
			if strike.strikes(call) && calms == o.calms {
				rule.applied = true
				return strike.Fault
			}
			return struck
		}
		return nil
	}
}

// onCall does something at the time of a call, though not in its process.
func onCall(a *args) act {
	line, site, do := a.line, a.siteOf(), a.putOff()
	return func(o *Operator) error {
		before, calms, rule := o.Wire.Injector, o.calms, o.rule(line)
		o.Wire.Injector = func(call Call) Fault {
			if !rule.applied && call.Site == site && calms == o.calms {
				rule.applied = true
				o.later(0, do)
			}
			if before != nil {
				return before(call)
			}
			return Fault{}
		}
		return nil
	}
}

func ofQovery(a *args) act {
	configure := func(change func(*fakeqovery.Config)) act {
		return func(o *Operator) error { o.Qovery.Configure(change); return nil }
	}
	switch what := a.word("what it does"); what {
	case "answers":
		return answers(a)
	case "drops":
		return func(o *Operator) error {
			o.hook(what, func(*http.Request) (bool, *fakeqovery.Answer) { return false, &fakeqovery.Answer{Dropped: true} })
			return nil
		}
	case "recovers":
		return func(o *Operator) error { o.hook("", nil); return nil }
	case "hides-changes":
		return configure(func(c *fakeqovery.Config) { c.ChangesAt = fakeqovery.ChangesNever })
	default:
		a.fail("%q is nothing that it does", what)
		return nil
	}
}

// answers has Qovery answer with a status.
func answers(a *args) act {
	line, status, method, part := a.line, a.number("a status"), a.optional(), a.optional()
	known := []string{"", http.MethodGet, http.MethodPut, http.MethodPost}
	switch {
	case status < 100 || status > 599:
		a.fail("%d isn't a status of HTTP", status)
	case !slices.Contains(known, method):
		a.fail("%q isn't GET, PUT or POST", method)
	}
	hook := fakeqovery.Answering(status, method, cmp.Or(locations()[part], part))
	return func(o *Operator) error {
		rule := o.rule(line)
		o.hook(line, func(r *http.Request) (bool, *fakeqovery.Answer) {
			apply, answer := hook(r)
			rule.applied = rule.applied || answer != nil
			return apply, answer
		})
		return nil
	}
}

// hook has Qovery answer so from now on.
func (w *World) hook(what string, answers fakeqovery.Hook) {
	w.qoveryAnswers = what
	w.Qovery.Configure(func(c *fakeqovery.Config) { c.Hook = answers })
}

func lag(a *args) act {
	set := oneOf(a, "thing that lags", map[string]func(*World, time.Duration){
		"iam-lists":   func(w *World, d time.Duration) { w.IAM.Settling.Lists = Exactly(d) },
		"propagation": func(w *World, d time.Duration) { w.IAM.Settling.Propagation = Exactly(d) },
		"cloudtrail":  func(w *World, d time.Duration) { w.Trail.Lag = d },
		"qovery": func(w *World, d time.Duration) {
			w.Qovery.Configure(func(c *fakeqovery.Config) { c.CredentialsLag = d })
		},
	})
	d := a.duration()
	return func(o *Operator) error { set(o.World, d); return nil }
}

func clock(a *args) act {
	off := a.offset()
	var states []string
	for a.left != "" {
		states = append(states, a.state())
	}
	return func(o *Operator) error {
		before := o.ClockOff
		o.ClockOff = func(state string) time.Duration {
			if slices.Contains(states, state) || len(states) == 0 && before == nil {
				return off
			}
			if before != nil {
				return before(state)
			}
			return 0
		}
		return nil
	}
}
