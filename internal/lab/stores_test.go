package lab

import (
	"context"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/test/rotationtest"
)

func TestJournalKeepsItsContract(t *testing.T) {
	s := newServices(t, 1)
	rotationtest.Journal(t, s.host(), func(*testing.T) rotation.Journal { return s.journal })
}

func TestStagingKeepsItsContract(t *testing.T) {
	s := newServices(t, 1)
	rotationtest.Staging(t, func(*testing.T) rotation.Staging { return s.ssm })
}

func TestExecutionsKeepTheirContract(t *testing.T) {
	s := newServices(t, 1)
	s.executions.Lag = Exactly(10 * time.Second)
	rotationtest.Executions(t, s.host(), func(*testing.T) rotationtest.Engine {
		arns := []string{"arn:first", "arn:second"}
		return rotationtest.Engine{
			Executions: s.executions,
			Unknown:    "arn:unknown",
			Start: func(*testing.T) (arn string) {
				arn, arns = arns[0], arns[1:]
				s.executions.SetStatus(arn, rotation.ExecutionRunning)
				return arn
			},
			Stop: func(_ *testing.T, arn string) { s.executions.SetStatus(arn, rotation.ExecutionEnded) },
		}
	})
}

func TestJournalRefusesWhatDynamoDBWould(t *testing.T) {
	s := newServices(t, 1)
	record := rotation.Record{IAMUser: "qovery", Revision: 1, Target: strings.Repeat("x", 400<<10)}
	wantCode(t, s.journal.Save(t.Context(), record), fault.MalformedAnswer)
	wantEqual(t, "stored", s.journal.Current("qovery") == nil, true)
	record.Target = "production"
	noError(t, s.journal.Save(t.Context(), record))
	item := rotation.HistoryItem{Record: record}
	item.Record.Target = strings.Repeat("x", 400<<10)
	wantCode(t, s.journal.Close(t.Context(), item), fault.MalformedAnswer)
	wantEqual(t, "still open", s.journal.Current("qovery") != nil, true)
}

func TestALateSaveWritesWhatWasSent(t *testing.T) {
	s := newServices(t, 1)
	s.wire.Injector = on("journal.Save", Fault{LandLate, time.Minute})
	s.within(t, "step", func(ctx context.Context) {
		record := rotation.Record{IAMUser: "qovery", Revision: 1, Marks: map[rotation.Effect]rotation.Mark{}}
		wantCode(t, s.journal.Save(ctx, record), fault.Unreachable)
		record.Marks[rotation.Delete] = rotation.Mark{Begun: s.Now()}
	})
	s.Run()
	wantEqual(t, "marks", len(s.journal.Current("qovery").Marks), 0)
}

func TestALateSaveMeetsTheCondition(t *testing.T) {
	s := newServices(t, 1)
	s.wire.Injector = func(call Call) Fault {
		if call.Site == "journal.Save" && call.N == 1 {
			return Fault{LandLate, time.Minute}
		}
		return Fault{}
	}
	s.within(t, "step", func(ctx context.Context) {
		wantCode(t, s.journal.Save(ctx, rotation.Record{IAMUser: "qovery", Revision: 1, Owner: "late"}), fault.Unreachable)
		noError(t, s.journal.Save(ctx, rotation.Record{IAMUser: "qovery", Revision: 1, Owner: "second"}))
	})
	s.Run()
	wantEqual(t, "owner", s.journal.Current("qovery").Owner, "second")
}

func TestJournalWritesAreTold(t *testing.T) {
	s := newServices(t, 1)
	var told []string
	s.journal.OnWrite(func(w JournalWrite) {
		what := "saved"
		if w.Closed != nil {
			what = string(w.Closed.Outcome)
		}
		told = append(told, what+" by "+w.By)
	})
	s.within(t, "step", func(ctx context.Context) {
		record := rotation.Record{IAMUser: "qovery", Revision: 1}
		noError(t, s.journal.Save(ctx, record))
		_ = s.journal.Save(ctx, record) // a conflict
		noError(t, s.journal.Close(ctx, rotation.HistoryItem{Record: record, Outcome: rotation.Discarded}))
	})
	wantTrace(t, told, []string{"saved by step", "discarded by step"})
}

func TestTargets(t *testing.T) {
	const good = `{"name":"production","iamUserName":"qovery","organizationId":"6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",` +
		`"schedule":{"startAt":"2026-01-13T09:00:00+01:00"}}`
	s := newServices(t, 1)
	s.ssm.SetTarget("production", []byte(good))
	s.ssm.SetTarget("broken", []byte(`{"name":"broken"}`))
	read, err := s.ssm.Target(t.Context(), "production")
	noError(t, err)
	wantEqual(t, "grace period", read.GracePeriod, target.Duration(2*time.Hour))
	_, err = s.ssm.Target(t.Context(), "broken")
	wantCode(t, err, fault.InvalidInput)
	_, err = s.ssm.Target(t.Context(), "missing")
	wantCode(t, err, fault.TargetNotFound)
}

func TestToken(t *testing.T) {
	s := newServices(t, 1)
	s.ssm.SetToken("/token", rotation.NewSecret("t"))
	s.ssm.SetToken("/empty", rotation.NewSecret(""))
	token, err := s.ssm.Token(t.Context(), "/token")
	noError(t, err)
	wantEqual(t, "token", token.Reveal(), "t")
	for _, parameter := range []string{"/empty", "/missing"} {
		_, err = s.ssm.Token(t.Context(), parameter)
		wantCode(t, err, fault.TokenRefused)
	}
}

func TestStagedByHand(t *testing.T) {
	s := newServices(t, 1)
	s.ssm.StageByHand("AKIAB", "AKIAC", rotation.NewSecret("s"))
	s.ssm.StageByHand("AKIAA", "AKIAA", rotation.NewSecret("s"))
	_, err := s.ssm.Get(t.Context(), "AKIAB")
	wantCode(t, err, fault.MalformedAnswer)
	_, err = s.ssm.Put(t.Context(), "AKIAB", rotation.NewSecret("s"))
	wantCode(t, err, fault.MalformedAnswer)
	staged := s.ssm.Staged()
	wantEqual(t, "staged", len(staged), 2)
	wantEqual(t, "first", staged[0], "AKIAA")
	s.ssm.UnstageByHand("AKIAB")
	wantEqual(t, "staged", len(s.ssm.Staged()), 1)
}

func TestExecutionsLagAndAreForgotten(t *testing.T) {
	s := newServices(t, 1)
	s.executions.Lag = Exactly(time.Second)
	want := func(state rotation.ExecutionState) {
		t.Helper()
		found, err := s.executions.State(t.Context(), "arn")
		noError(t, err)
		wantEqual(t, "state", found, state)
	}
	s.executions.SetStatus("arn", rotation.ExecutionRunning)
	want(rotation.ExecutionUnknown)
	noError(t, s.Sleep(t.Context(), time.Second))
	want(rotation.ExecutionRunning)
	s.executions.SetStatus("arn", rotation.ExecutionEnded)
	want(rotation.ExecutionRunning)
	noError(t, s.Sleep(t.Context(), time.Second))
	want(rotation.ExecutionEnded)
	s.executions.SetStatus("arn", rotation.ExecutionRunning) // a redrive
	noError(t, s.Sleep(t.Context(), time.Second))
	want(rotation.ExecutionRunning)
	s.executions.Forget("arn")
	want(rotation.ExecutionUnknown)
}
