package sfn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// A service answers as Step Functions does, page by page, with the histories that
// a scenario left.
type service struct {
	runs  []*lab.Run
	limit int // events of a page
	deny  bool
	asked []string
}

type fields = map[string]any

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		ExecutionArn, StateMachineArn, NextToken string
		IncludeExecutionData                     *bool
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.asked = append(s.asked, action)
	from, _ := strconv.Atoi(asked.NextToken) // none: the first page
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if s.deny {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not authorized"}`)
		return
	}
	var answer fields
	switch action {
	case "GetExecutionHistory":
		i := slices.IndexFunc(s.runs, func(r *lab.Run) bool { return r.ARN() == asked.ExecutionArn })
		if i < 0 {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"ExecutionDoesNotExist","message":"Execution Does Not Exist"}`)
			return
		}
		answer = s.page("events", from, wire(s.runs[i].History()))
	case "ListExecutions":
		var list []any
		for _, run := range slices.Backward(s.runs) {
			if strings.HasPrefix(run.ARN(), strings.Replace(asked.StateMachineArn, ":stateMachine:", ":execution:", 1)+":") {
				list = append(list,
					fields{"executionArn": run.ARN(), "stateMachineArn": asked.StateMachineArn, "name": run.Name(),
						"status": run.Status(), "startDate": seconds(run.StartTime().UnixMilli())})
			}
		}
		answer = s.page("executions", from, list)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err) // the test's own values
	}
}

func (s *service) page(name string, from int, list []any) fields {
	to := min(len(list), from+s.limit)
	answer := fields{name: list[from:to]}
	if to < len(list) {
		answer["nextToken"] = strconv.Itoa(to)
	}
	return answer
}

func seconds(milli int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", milli/1e3, milli%1e3))
}

// wire writes events as the service does: with their details by type, and with
// the state's name in those of its entry and exit alone.
func wire(events []statemachine.Event) (list []any) {
	for _, e := range events {
		told := fields{"id": e.ID, "previousEventId": e.PreviousID, "timestamp": seconds(e.Time.UnixMilli()), "type": e.Type}
		failure := fields{"error": e.Error, "cause": e.Cause}
		switch name := string(e.Type); {
		case e.Entered():
			told["stateEnteredEventDetails"] = fields{"name": e.State, "input": string(e.Input)}
		case strings.HasSuffix(name, "StateExited"):
			told["stateExitedEventDetails"] = fields{"name": e.State, "output": string(e.Output)}
		case e.Type == statemachine.ExecutionStarted:
			told["executionStartedEventDetails"] = fields{"input": string(e.Input)}
		case e.Type == statemachine.ExecutionRedriven:
			told["executionRedrivenEventDetails"] = fields{"redriveCount": e.RedriveCount}
		case e.Type == statemachine.ExecutionFailed, e.Type == statemachine.ExecutionAborted,
			e.Type == statemachine.TaskFailed, e.Type == statemachine.TaskTimedOut:
			told[strings.ToLower(name[:1])+name[1:]+"EventDetails"] = failure
		}
		list = append(list, told)
	}
	return list
}

func serve(t *testing.T, scenario string, limit int) (*service, *sfn.Executions) {
	t.Helper()
	story, _ := lab.Find(scenario)
	result, err := story.Play(story.Setup, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{runs: result.World.Runs(), limit: limit}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, sfn.NewExecutions(awsclient.Bounded(aws.Config{
		Region: "eu-west-3", BaseEndpoint: &server.URL,
		Credentials: awsclient.Static(aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}),
	}))
}

// text is the report on histories.
func text(t *testing.T, s *service, histories []statemachine.History) string {
	t.Helper()
	last := s.runs[len(s.runs)-1]
	built, err := report.Build(histories, last.StopTime(), "a test")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := words.WriteJSON(&text, built, "  "); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// Whichever execution of a rotation is named, what Step Functions tells over many
// pages makes the report that the simulator's own histories make.
func TestRotation(t *testing.T) {
	for _, scenario := range []string{"plain", "aborted-in-grace", "deployment-keeps-failing", "update-refused", "dry-run",
		"redriven-after-takeover", "partial-update"} {
		t.Run(scenario, func(t *testing.T) {
			s, reader := serve(t, scenario, 7)
			var all []statemachine.History
			for _, run := range s.runs {
				events := run.History()
				for i := range events {
					events[i].Time = events[i].Time.Truncate(time.Millisecond) // as on the wire
				}
				all = append(all, statemachine.History{ARN: run.ARN(), Events: events})
			}
			want := text(t, s, all)
			for _, run := range s.runs {
				histories, _, err := reader.Rotation(context.Background(), []string{run.ARN()})
				if err != nil {
					t.Fatal(err)
				}
				if got := text(t, s, histories); got != want {
					t.Errorf("the report on %s differs:\n%s\nwant\n%s", run.Name(), got, want)
				}
			}
		})
	}
}

// Executions of other rotations stay out.
func TestOthersStayOut(t *testing.T) {
	s, reader := serve(t, "second-execution", 1000)
	histories, _, err := reader.Rotation(context.Background(), []string{s.runs[0].ARN()})
	if err != nil {
		t.Fatal(err)
	}
	if len(histories) != 1 {
		t.Errorf("%d histories, want that of the execution alone", len(histories))
	}
	if want := []string{"GetExecutionHistory", "ListExecutions", "GetExecutionHistory"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked for %s, want %s", s.asked, want)
	}
}

func TestDenied(t *testing.T) {
	s, reader := serve(t, "dry-run", 1000)
	s.deny = true
	_, _, err := reader.Rotation(context.Background(), []string{s.runs[0].ARN()})
	want := "AWS denies states:GetExecutionHistory (" + s.runs[0].ARN() + ") (AccessDeniedException): not authorized"
	if !fault.HasCode(err, fault.AccessDenied) || fault.AsError(err).What.String() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestForgotten(t *testing.T) {
	_, reader := serve(t, "dry-run", 1000)
	_, _, err := reader.Rotation(context.Background(),
		[]string{"arn:aws:states:eu-west-3:123456789012:execution:other:long-ago"})
	if err == nil || !strings.Contains(err.Error(), "the execution "+
		"arn:aws:states:eu-west-3:123456789012:execution:other:long-ago is unknown to Step Functions, which forgets one "+
		"90 days after its end") {
		t.Errorf("error %v", err)
	}
}
