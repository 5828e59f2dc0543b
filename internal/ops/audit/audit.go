// Package audit looks, once a day, whether all is as it should be while no
// rotation runs: how old the keys are, whether any is left over, whether Qovery
// holds what IAM has, whether a rotation was left open and whether the schedule
// is there.
//
// It reads what is in place (facts.go), judges it with one pure function
// (judge.go) into findings (findings.go) and figures (figures.go), and tells
// people of each finding when it is new, when it has changed and when it is over
// (notify.go): at least once, and normally once. What could not be read is a finding
// as well, and never taken for "all is well". The audit changes nothing but its own
// memory, and does by itself only what the state machine is safe for: it starts an
// execution that is due, and resumes one that failed by an outage (deed.go, act.go).
package audit

import (
	"context"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Memory keeps a document about each target, from one audit to the next.
type Memory interface {
	rotation.Memory
	// Remember replaces it. The last of two audits at the same time wins: both
	// have seen the whole, and both may have told it.
	Remember(ctx context.Context, target string, document any) error
}

// Auditor audits all targets.
type Auditor struct {
	Reader
	Names    []string      // of the targets
	AgeLimit time.Duration // at which a key is too old
	Machine  Machine
	Starter  Starter
	*notice.Sender
	Metrics lambda.Metrics
}

const (
	together = 4 // targets that are looked at at the same time
	// reserve is the part of the time that is kept for telling, as a divisor.
	reserve = 4
)

// Handle audits all targets. What the event says does not matter. It fails when
// something that was found could not be told, remembered or measured; what could
// not be read does not make it fail, because it is told.
func (a Auditor) Handle(ctx context.Context, _ []byte) error {
	var (
		judged []Judgement
		failed []string
		first  *fault.Error
	)
	defer a.Flush(ctx)
	looked := a.lookAtAll(ctx)
	runs, err := a.runs(ctx)
	for i, facts := range looked {
		if facts.Runs = runs[a.Names[i]]; err != nil {
			facts.Unread[fromRuns] = err
		}
		acted := a.act(ctx, &facts)
		if unread := facts.Unread[fromRuns]; unread != nil {
			a.notFoundOut(ctx, a.Names[i], fromRuns, unread)
		}
		judgement := Judge(a.Names[i], facts, a.AgeLimit)
		judged = append(judged, judgement)
		for _, err := range []error{acted, a.measure(facts.Now, a.Names[i], judgement.Figures),
			a.tell(ctx, judgement)} {
			if err == nil {
				continue
			}
			coded := fault.AsError(err)
			a.Log.ErrorContext(ctx, "audit failed", "target", a.Names[i], fault.Attr(err))
			failed = append(failed, a.Names[i]+": "+coded.What.String())
			if first == nil {
				first = coded
			}
		}
	}
	if first != nil {
		return fault.Errorf(first.Code, "The audit of some targets failed: %s", strings.Join(failed, "; "))
	}
	// Last, so that it says that the audit came to its end.
	return a.measure(a.Clock.Now(), "", altogether(judged, a.AgeLimit))
}

// measure writes the metrics of a target or, with "", of all.
func (a Auditor) measure(now time.Time, target string, figures Figures) error {
	if err := a.Metrics.Put(now, target, nil, figures.metrics()...); err != nil {
		return fault.Errorf(fault.Unreachable, "The metrics could not be written: %v", err)
	}
	return nil
}

// lookAtAll reads what is in place of every target. One that takes forever is
// cut off, and is then one that could not be read.
func (a Auditor) lookAtAll(ctx context.Context) []Facts {
	if deadline, known := ctx.Deadline(); known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)*(reserve-1)/reserve)
		defer cancel()
	}
	all := make([]Facts, len(a.Names))
	places := make(chan struct{}, together)
	var looks sync.WaitGroup
	for i, name := range a.Names {
		looks.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			all[i] = a.LookTwice(ctx, name)
			a.readServices(ctx, &all[i])
			for source, err := range all[i].Unread {
				a.notFoundOut(ctx, name, source, err)
			}
		})
	}
	looks.Wait()
	return all
}

func (a Auditor) notFoundOut(ctx context.Context, target string, source Source, err error) {
	a.Log.WarnContext(ctx, "not found out", "target", target, "what", string(source), fault.Attr(err))
}

// mostServices are read in an audit, of all targets together. Each takes two requests
// at most, so that a tenth of the 1000 that Qovery allows a token in an hour is not
// used up.
const mostServices = 45

// readServices looks for the user's keys in some of the organization's services, and
// remembers what it has read, also where it could not read all.
func (a Auditor) readServices(ctx context.Context, f *Facts) {
	if !f.Target.LookInVariables || len(f.Keys) == 0 || !f.read(fromServices, fromKeys, FromQovery) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	organization, err := a.Qovery.Open(ctx, f.Target)
	if err == nil {
		err = f.Readings.Refresh(ctx, organization, rotation.IDsOf(f.Keys), max(1, mostServices/len(a.Names)), a.Clock)
	}
	if forgotten := a.Memory.Remember(ctx, rotation.ReadingsOf(f.Target.Name), f.Readings); err == nil {
		err = forgotten
	}
	if err != nil {
		f.Unread[fromServices] = err
	}
}
