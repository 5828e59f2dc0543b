package awstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const signed = "AWS4-HMAC-SHA256 Credential=ASIAPREFLIGHT/20300101/eu-west-3/SERVICE/aws4_request, " +
	"SignedHeaders=host, Signature=0"

func request(service, target, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Authorization", strings.Replace(signed, "SERVICE", service, 1))
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return r
}

// open is a gateway before a service that answers everything.
// scheduled is a request of EventBridge Scheduler, whose operations are paths.
func scheduled() *http.Request {
	r := request("scheduler", "", "")
	r.Method, r.URL.Path, r.URL.RawQuery = http.MethodGet, "/schedules/production", "groupName=rotations"
	return r
}

func openGateway(t *testing.T) *Gateway {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte("carried out: "), body...))
	}))
	t.Cleanup(service.Close)
	return &Gateway{
		Behind: service.URL, Clock: NewClock(time.Unix(0, 0)),
		Users: func(name, key string) string { return "user " + name + key },
	}
}

func TestCallsAreNoted(t *testing.T) {
	for name, c := range map[string]struct {
		request *http.Request
		action  string
		needs   []Need
	}{
		"a parameter": {
			request("ssm", "AmazonSSM.GetParameter", `{"Name":"/a/b"}`), "ssm:GetParameter",
			[]Need{{Action: "ssm:GetParameter", Resource: "arn:aws:ssm:eu-west-3:123456789012:parameter/a/b"}},
		},
		"a key": {
			request("iam", "", "Action=DeleteAccessKey&UserName=qovery"), "iam:DeleteAccessKey",
			[]Need{{Action: "iam:DeleteAccessKey", Resource: "user qovery"}},
		},
		"a transaction needs what is in it": {
			request("dynamodb", "DynamoDB_20120810.TransactWriteItems",
				`{"TransactItems":[{"Put":{"TableName":"t","Item":{"iamUser":{"S":"u"}}}},{"ConditionCheck":{"TableName":"t",`+
					`"Key":{"iamUser":{"S":"v"}}}}]}`),
			"dynamodb:TransactWriteItems",
			[]Need{{"dynamodb:PutItem", "arn:aws:dynamodb:eu-west-3:123456789012:table/t", "u"},
				{"dynamodb:ConditionCheckItem", "arn:aws:dynamodb:eu-west-3:123456789012:table/t", "v"}},
		},
		"an item": {
			request("dynamodb", "DynamoDB_20120810.PutItem", `{"TableName":"t","Item":{"iamUser":{"S":"target:production"}}}`),
			"dynamodb:PutItem",
			[]Need{{"dynamodb:PutItem", "arn:aws:dynamodb:eu-west-3:123456789012:table/t", "target:production"}},
		},
		"CloudTrail's long names": {
			request("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", `{}`),
			"cloudtrail:LookupEvents",
			[]Need{{Action: "cloudtrail:LookupEvents", Resource: "*"}},
		},
		"a schedule": {
			scheduled(), "scheduler:GetSchedule",
			[]Need{{Action: "scheduler:GetSchedule",
				Resource: "arn:aws:scheduler:eu-west-3:123456789012:schedule/rotations/production"}},
		},
		"one's own identity needs nothing": {request("sts", "", "Action=GetCallerIdentity"), "sts:GetCallerIdentity", nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := openGateway(t)
			answer := httptest.NewRecorder()
			g.ServeHTTP(answer, c.request)
			calls := g.Calls()
			if len(calls) != 1 || calls[0].Caller != "ASIAPREFLIGHT" || calls[0].Action != c.action ||
				!slices.Equal(calls[0].Needs, c.needs) {
				t.Errorf("noted %+v", calls)
			}
			if !strings.HasPrefix(answer.Body.String(), "carried out") {
				t.Errorf("answered %s", answer.Body)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	refused := &Reply{Status: http.StatusBadRequest, Body: []byte("no")}
	for name, c := range map[string]struct {
		fault   Fault
		carried bool
		answer  string // empty: the connection ends
	}{
		"none":                   {Fault{}, true, "carried out: Action=A"},
		"refused":                {Fault{Lost: true, Answer: refused}, false, "no"},
		"refused after all":      {Fault{Answer: refused}, true, "no"},
		"the answer is lost":     {Fault{Drop: true}, true, ""},
		"the request never came": {Fault{Lost: true, Drop: true}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g, carried := openGateway(t), false
			g.Fault = func(Call) Fault { return c.fault }
			g.Seen = func(Call, Reply) { carried = true }
			answer := httptest.NewRecorder()
			func() {
				defer func() { _ = recover() }() // how net/http is told to end the connection
				g.ServeHTTP(answer, request("iam", "", "Action=A"))
			}()
			if carried != c.carried || answer.Body.String() != c.answer {
				t.Errorf("carried out: %t, answered %q", carried, answer.Body)
			}
		})
	}
}

func TestTheServiceGetsOneRequestAtATime(t *testing.T) {
	var at, most atomic.Int32
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), at.Add(1)))
		time.Sleep(5 * time.Millisecond)
		at.Add(-1)
	}))
	t.Cleanup(service.Close)
	g := openGateway(t)
	g.Behind = service.URL
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { g.ServeHTTP(httptest.NewRecorder(), request("iam", "", "Action=A")) })
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}
