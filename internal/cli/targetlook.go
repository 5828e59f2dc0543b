package cli

import (
	"context"

	"qovery-key-rotation/internal/aws/scheduler"
	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// reader reads what the audit reads, with the rights of the person. The group of the
// schedules is named as the state machine.
func (s *stack) reader() (audit.Reader, error) {
	client, err := s.qoveryClient()
	return audit.Reader{
		Clock: s.clock, Targets: s.targets, Journal: s.journal, Executions: s.states, Keys: s.keys, Needs: s.needs,
		Qovery: client, Schedules: scheduler.New(s.cfg, words.Last(s.machine)), Memory: s.journal,
	}, err
}

// targetLook shows how one target is doing: what the audit finds, and what is at
// work on it.
type targetLook struct {
	*stack
	audit.Facts
	working    []*notice.Execution // all that run
	workingErr error
	judgement  audit.Judgement
	targetStatus
}

func (s *stack) look(ctx context.Context, name string, facts audit.Facts, working []*notice.Execution,
	workingErr error) *targetLook {
	l := &targetLook{s, facts, working, workingErr, audit.Judge(name, facts, s.keyAgeLimit),
		targetStatus{Name: name, Keys: []keyStatus{}, Unknown: []string{}, Attention: []audit.Finding{}}}
	l.IAMUser = l.Target.IAMUserName
	l.State = unknown
	if l.Target.Name != "" {
		l.lookAtState(ctx)
		l.lookAtKeys()
		l.lookAtHistory()
		l.targetStatus.Schedule = l.schedule()
	}
	l.judge()
	return l
}

// judge keeps the audit's findings. What the person may not read, or what passes by
// itself, is unknown, and nothing to see to.
func (l *targetLook) judge() {
	for _, source := range audit.Sources {
		if err := l.Unread[source]; err != nil && !concerns(source, err) {
			l.unread(source.Unread(), err)
		}
	}
	for _, f := range l.judgement.Findings {
		if !l.hidden(f) && (f.Kind != audit.Open || l.Because == "") { // which says more of it
			l.Attention = append(l.Attention, f)
		}
	}
}

// hidden: the finding is what this person could not read.
func (l *targetLook) hidden(f audit.Finding) bool {
	return f.Source != "" && !concerns(f.Source, l.Unread[f.Source])
}

// concerns: what a person may not read, the functions may, as what a rotation needs.
func concerns(source audit.Source, err error) bool {
	coded := fault.AsError(err)
	return source != audit.FromNeeds && coded.Class != fault.Transient && coded.Code != fault.AccessDenied
}

// unread notes what could not be read, and why.
func (l *targetLook) unread(what string, err error) {
	l.Unknown = append(l.Unknown, what+": "+words.Dot(fault.AsError(err).What.String()))
}

func (l *targetLook) lookAtState(ctx context.Context) {
	if l.workingErr != nil {
		l.unread("the list of executions could not be read", l.workingErr)
	}
	if l.Record != nil {
		l.Kind = l.Record.Kind
	}
	owner, ownerErr := l.owner(ctx, l.Record, l.working)
	if ownerErr != nil && l.Unread[audit.FromOwner] == nil {
		l.unread("how the execution ended could not be read", ownerErr)
	}
	switch working := atWork(l.Name, owner, l.working); {
	case len(working) > 0:
		x := working[0]
		l.State, l.Execution, l.Since = rotates, x.Name, x.StartedAt
		l.In = l.stateOf(ctx, x)
	case l.Unread[audit.FromJournal] != nil || l.workingErr != nil:
	case l.Record == nil:
		l.State = idle
	default: // the owner is none of those that run
		l.State, l.Since = isPaused, l.Record.TakenAt
		l.lookAtPause(ctx, owner, ownerErr)
	}
}

// lookAtPause says why the open rotation is paused.
func (l *targetLook) lookAtPause(ctx context.Context, owner *notice.Execution, ownerErr error) {
	if ownerErr != nil {
		return
	}
	last, err := l.refusedSince(ctx, *l.Record, owner)
	if err != nil {
		l.unread("whether an execution was refused since could not be read", err)
	}
	reported, active := l.Leaks()
	if active != "" {
		l.urgency = notice.Urgent
	}
	texts := append([]string{active}, append(reported, whyPaused(last, *l.Record, l.judgement.KeyIDs()))...)
	l.Because = words.Sentences(texts...)
}

// stateOf is the state that an execution is in, as far as that can be read.
func (l *targetLook) stateOf(ctx context.Context, x *notice.Execution) string {
	state, err := l.lastState(ctx, x)
	if err != nil {
		l.unread("the state that the execution is in could not be read", err)
	}
	return state
}

// lastState is the state that an execution is in, or ended in.
func (s *stack) lastState(ctx context.Context, x *notice.Execution) (string, error) {
	var events sfn.Translator
	told, err := s.states.SinceState(ctx, x.ARN)
	for _, event := range told {
		events.Event(event)
	}
	return events.State, err
}

func (l *targetLook) lookAtHistory() {
	l.historyRead = l.Unread[audit.FromJournal] == nil
	if len(l.History) > 0 {
		last := endedOf(l.History[0])
		l.Last = &last
	}
}

func (l *targetLook) schedule() *scheduleStatus {
	if freeze := l.Facts.Target.FrozenAt(l.Now); freeze != nil {
		l.Frozen = freeze.String()
	}
	switch {
	case l.Unread[audit.FromSchedule] != nil:
		return nil
	case l.Facts.Schedule == nil:
		return &scheduleStatus{Missing: true}
	}
	deployed := *l.Facts.Schedule
	next := deployed.Next(l.Now)
	if l.Record == nil && len(l.Facts.Keys) == 1 && !next.IsZero() {
		next = l.Facts.Target.Begins(next, l.Facts.Keys[0].CreatedAt, l.Now, l.keyAgeLimit)
	}
	return &scheduleStatus{Enabled: deployed.Enabled, Expression: deployed.Expression, Next: next.UTC()}
}

func (l *targetLook) lookAtKeys() {
	for _, key := range l.Facts.Keys {
		k := keyStatus{ID: string(key.ID), Status: key.Status, CreatedAt: key.CreatedAt,
			AgeDays: int(l.Now.Sub(key.CreatedAt).Hours() / 24)}
		if l.Unread[audit.FromQovery] == nil {
			k.HeldBy = append([]string{}, words.Strings(l.Holders(key.ID))...)
		}
		l.targetStatus.Keys = append(l.targetStatus.Keys, k)
	}
}
