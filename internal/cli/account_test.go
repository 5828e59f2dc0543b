package cli_test

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/test/awstest"
	"qovery-key-rotation/statemachine"
)

const (
	arnPrefix  = "arn:aws:states:eu-west-3:123456789012:"
	machineARN = arnPrefix + "stateMachine:qovery-key-rotation"
	chatARN    = "arn:aws:sns:eu-west-3:123456789012:qovery-key-rotation-chat"
	topicARN   = "arn:aws:sns:eu-west-3:123456789012:qovery-key-rotation-notices"
)

// account is AWS and Qovery as the command line sees them: the APIs that it
// calls, in front of the simulator's world. Time passes when the command sleeps.
type account struct {
	mu     sync.Mutex
	world  *lab.World
	aws    *httptest.Server
	qovery *httptest.Server

	// What a script may change.
	schedule   string    // ENABLED, DISABLED; empty: there is none
	rate       string    // the schedule's expression
	due        time.Time // its first start
	emails     string    // who is to be notified
	confirmed  bool      // the e-mail subscription is
	webhook    string    // another subscription, which is not
	hooks      string    // the parameters with the addresses of webhooks, of which /hooks/slack is there
	version    string    // that is deployed
	definition string    // of the state machine that is
	deployed   time.Time // when the stack was
	audited    time.Time // when the audit looked last; zero: an hour ago
	unaudited  bool      // it has not looked yet
	denied     map[string]bool
	failing    map[string]int    // how often an action is not answered
	later      bool              // a later version has written the journal
	garbled    string            // the execution whose history makes no sense
	onStop     func()            // happens when an execution is stopped; may be nil
	inputs     map[string]string // of executions, where another one is told
	skewed     bool              // requests must be signed by the account's clock
	refused    string            // the code with which every request is refused
	empty      map[string]bool   // actions whose answer has nothing in it

	behindProxy string   // the account's address over TLS
	asked       []string // the hosts that the proxy was asked for
}

func newAccount(setup lab.Setup) (*account, error) {
	world, err := lab.NewWorld(setup)
	if err != nil {
		return nil, err
	}
	a := &account{world: world, schedule: "ENABLED", rate: world.Target.Schedule.Expression(),
		due: lab.Beginning.Add(24 * time.Hour), emails: "platform@example.com", confirmed: true,
		version: "v0.1.0", definition: statemachine.Fingerprint(), deployed: lab.Beginning.Add(-11 * 24 * time.Hour),
		denied: map[string]bool{}, failing: map[string]int{},
		inputs: map[string]string{}, empty: map[string]bool{}}
	a.qovery = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		world.Qovery.ServeHTTP(w, r)
	}))
	a.aws = httptest.NewServer(http.HandlerFunc(a.serve)) // after Qovery, whose address it tells
	return a, nil
}

// environment leads the command line to the account.
func (a *account) environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": a.aws.URL, "AWS_ENDPOINT_URL_STS": a.aws.URL, "TEST_CLOCK": a.aws.URL,
		"AWS_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "ASIASOMEBODY", "QOVERY": a.qovery.URL,
		"AWS_SECRET_ACCESS_KEY":     "secret",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
}

func (a *account) close() {
	a.aws.Close()
	a.qovery.Close()
	a.world.Timeline.Close()
}

// serve answers one request to AWS, or to the clock of the test.
func (a *account) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if d, ok := strings.CutPrefix(r.URL.Path, "/clock/"); ok {
		pause, _ := time.ParseDuration(d)
		a.world.Sleep(pause)
		return
	}
	action, fields := request(r, body)
	w.Header().Set("Date", a.world.Timeline.Now().Format(http.TimeFormat))
	answer, exists := a.answers(fields)[action]
	switch {
	case a.failing[action] > 0:
		a.failing[action]--
		awstest.Hangup("")(w)
	case a.skewed && !a.isSigned(r) && r.Header.Get("X-Amz-Target") != "":
		awstest.JSONError(http.StatusBadRequest, "InvalidSignatureException", "Signature expired")(w)
	case a.skewed && !a.isSigned(r):
		awstest.XMLError(http.StatusForbidden, "SignatureDoesNotMatch", "Signature expired")(w)
	case a.refused == "ValidationError":
		awstest.XMLError(http.StatusBadRequest, a.refused, "failed to satisfy constraint")(w)
	case a.refused != "":
		awstest.XMLError(http.StatusForbidden, a.refused, "Request has expired")(w)
	case a.empty[action] && r.Header.Get("X-Amz-Target") != "":
		awstest.JSON(http.StatusOK, `{"Parameters": []}`)(w)
	case a.empty[action]:
		awstest.XML(http.StatusOK, fmt.Sprintf("<%[1]sResponse><%[1]sResult></%[1]sResult></%[1]sResponse>", action))(w)
	case a.denied[action] && fields["Action"] != nil: // in the query protocol
		awstest.XMLError(http.StatusForbidden, "AccessDenied", "not authorized to perform "+action)(w)
	case a.denied[action]:
		awstest.JSONError(http.StatusForbidden, "AccessDeniedException", "not authorized to perform "+action)(w)
	case !exists:
		awstest.JSONError(http.StatusBadRequest, "UnknownOperationException", action)(w)
	default:
		send(w, r, answer())
	}
}

// isSigned tells whether a request was signed by the account's clock, five minutes
// more or less.
func (a *account) isSigned(r *http.Request) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	return err == nil && a.world.Timeline.Now().Sub(at).Abs() < 5*time.Minute
}

// send sends an answer, a long one compressed where that is accepted. Over a network as short
// as this one the SDK now and then loses the connection in the middle of an answer
// that needs several reads, and tries again a second later: right, and slow.
func send(w http.ResponseWriter, r *http.Request, answer awstest.Answer) {
	recorder := httptest.NewRecorder()
	answer(recorder)
	w.Header().Set("Content-Type", recorder.Header().Get("Content-Type"))
	if recorder.Body.Len() < 4096 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(recorder.Code)
	compressed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	_, _ = compressed.Write(recorder.Body.Bytes())
	_ = compressed.Close()
}

// request reads which action is asked for, and its fields.
func request(r *http.Request, body []byte) (action string, fields map[string]any) {
	fields = map[string]any{}
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		_ = json.Unmarshal(body, &fields)
		return name, fields
	}
	if strings.HasPrefix(r.URL.Path, "/schedules/") {
		return "GetSchedule", fields
	}
	form, _ := url.ParseQuery(string(body))
	for name := range form {
		fields[name] = form.Get(name)
	}
	return form.Get("Action"), fields
}

func (a *account) answers(fields map[string]any) map[string]func() awstest.Answer {
	text := func(name string) string { value, _ := fields[name].(string); return value }
	return map[string]func() awstest.Answer{
		"DescribeStacks":           func() awstest.Answer { return a.describeStacks(text("StackName")) },
		"AssumeRole":               func() awstest.Answer { return assumeRole(text) },
		"ListAccessKeys":           func() awstest.Answer { return a.listAccessKeys(text("UserName")) },
		"ListAttachedUserPolicies": func() awstest.Answer { return a.listPolicies(text("UserName")) },
		"GetAccessKeyLastUsed":     a.lastUsed,
		"GetUser":                  func() awstest.Answer { return a.getUser(text("UserName")) },
		"LookupEvents":             func() awstest.Answer { return reply(map[string]any{"Events": []any{}}) },
		"ListSubscriptionsByTopic": func() awstest.Answer { return a.listSubscriptions(text("TopicArn")) },
		"GetSchedule":              a.getSchedule,
		"GetParameter":             func() awstest.Answer { return a.getParameter(text("Name")) },
		"GetParametersByPath": func() awstest.Answer {
			return reply(map[string]any{"Parameters": []any{map[string]any{"Name": "/qovery-key-rotation/targets/production",
				"Value": a.target()}}})
		},
		"DeleteParameter":     func() awstest.Answer { return reply(map[string]any{}) },
		"GetItem":             func() awstest.Answer { return a.getItem(fields) },
		"Query":               a.query,
		"PutItem":             func() awstest.Answer { return a.put(fields) },
		"TransactWriteItems":  func() awstest.Answer { return a.transact(fields) },
		"StartExecution":      func() awstest.Answer { return a.start(text("name"), text("input")) },
		"StopExecution":       func() awstest.Answer { return a.stop(text("executionArn"), text("error"), text("cause")) },
		"DescribeExecution":   func() awstest.Answer { return a.describe(text("executionArn")) },
		"ListExecutions":      func() awstest.Answer { return a.list(text("statusFilter")) },
		"GetExecutionHistory": func() awstest.Answer { return a.events(text("executionArn"), fields) },
	}
}

func reply(value any) awstest.Answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return awstest.JSON(http.StatusOK, string(body))
}

func (a *account) describeStacks(name string) awstest.Answer {
	if name != "qovery-key-rotation" {
		return awstest.XMLError(http.StatusBadRequest, "ValidationError", "Stack with id "+name+" does not exist")
	}
	var outputs strings.Builder
	for name, value := range map[string]string{"StateMachineArn": machineARN, "TableName": "journal", "TopicArn": topicARN,
		"ChatTopicArn": chatARN, "WebhookParameters": a.hooks,
		"QoveryApiUrl": a.qovery.URL, "KeyAgeLimitDays": "97", "AlertEmails": a.emails,
		"Definition": a.definition, "Version": a.version,
		"PutToken": "read -rs TOKEN; aws ssm put-parameter --name " + lab.TokenParameter + " --value file:///dev/stdin"} {
		fmt.Fprintf(&outputs, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", name, value)
	}
	return awstest.XML(http.StatusOK, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>`+
		`qovery-key-rotation</StackName>`+
		`<CreationTime>2025-01-01T00:00:00Z</CreationTime><LastUpdatedTime>`+a.deployed.Format(time.RFC3339)+
		`</LastUpdatedTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>`+
		outputs.String()+`</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
}

// assumeRole lends a role to who shows the code of the MFA device, for the hour that
// AWS's own command line asks for.
func assumeRole(field func(string) string) awstest.Answer {
	switch {
	case field("DurationSeconds") != "3600":
		return awstest.XMLError(http.StatusBadRequest, "ValidationError", "for "+field("DurationSeconds")+" seconds")
	case field("SerialNumber") != "arn:aws:iam::123456789012:mfa/somebody", field("TokenCode") != "123456":
		return awstest.XMLError(http.StatusForbidden, "AccessDenied",
			"MultiFactorAuthentication failed with invalid MFA one time pass code.")
	}
	return awstest.XML(http.StatusOK, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE`+
		`</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>`+
		time.Now().Add(time.Hour).Format(time.RFC3339)+`</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
}

func (a *account) listAccessKeys(user string) awstest.Answer {
	var keys strings.Builder
	for _, key := range a.world.IAM.Present(user) {
		fmt.Fprintf(&keys,
			"<member><UserName>%s</UserName><AccessKeyId>%s</AccessKeyId><Status>%s</Status>"+
				"<CreateDate>%s</CreateDate></member>",
			user, string(key.ID), key.Status, key.CreatedAt.Format(time.RFC3339))
	}
	return awstest.XML(http.StatusOK, `<ListAccessKeysResponse><ListAccessKeysResult><IsTruncated>false</IsTruncated>`+
		`<AccessKeyMetadata>`+
		keys.String()+`</AccessKeyMetadata></ListAccessKeysResult></ListAccessKeysResponse>`)
}

func (a *account) listPolicies(user string) awstest.Answer {
	attached := ""
	if policies, _ := a.world.IAM.Quarantine(context.Background(), user); len(policies) > 0 {
		attached = "<member><PolicyName>quarantine</PolicyName><PolicyArn>" + policies[0] + "</PolicyArn></member>"
	}
	return awstest.XML(http.StatusOK, `<ListAttachedUserPoliciesResponse><ListAttachedUserPoliciesResult><IsTruncated>`+
		`false</IsTruncated><AttachedPolicies>`+attached+
		`</AttachedPolicies></ListAttachedUserPoliciesResult></ListAttachedUserPoliciesResponse>`)
}

func (a *account) getUser(user string) awstest.Answer {
	return awstest.XML(http.StatusOK, `<GetUserResponse><GetUserResult><User><Path>`+a.world.IAM.Path+
		`</Path><UserName>`+user+`</UserName></User></GetUserResult></GetUserResponse>`)
}

// lastUsed: each key was used an hour ago.
func (a *account) lastUsed() awstest.Answer {
	return awstest.XML(http.StatusOK, `<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>`+lab.UserName+
		`</UserName><AccessKeyLastUsed><LastUsedDate>`+a.world.Timeline.Now().Add(-time.Hour).Format(time.RFC3339)+
		`</LastUsedDate><ServiceName>ecr</ServiceName><Region>eu-west-3</Region></AccessKeyLastUsed>`+
		`</GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>`)
}

func (a *account) listSubscriptions(topic string) awstest.Answer {
	if topic == chatARN {
		return awstest.XML(http.StatusOK, `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult>`+
			`<Subscriptions/>`+
			`</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`)
	}
	arn := "PendingConfirmation"
	if a.confirmed {
		arn = topicARN + ":0b7d2c4e"
	}
	webhook := ""
	if a.webhook != "" {
		webhook = `<member><TopicArn>` + topicARN + `</TopicArn><Protocol>https</Protocol><SubscriptionArn>` +
			`PendingConfirmation</SubscriptionArn><Owner>123456789012</Owner><Endpoint>` + a.webhook + `</Endpoint></member>`
	}
	return awstest.XML(http.StatusOK, `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult>`+
		`<Subscriptions><member><TopicArn>`+topicARN+
		`</TopicArn><Protocol>email</Protocol><SubscriptionArn>`+arn+
		`</SubscriptionArn><Owner>123456789012</Owner><Endpoint>platform@example.com</Endpoint></member>`+webhook+
		`</Subscriptions>`+
		`</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`)
}

func (a *account) getSchedule() awstest.Answer {
	if a.schedule == "" {
		return awstest.JSONError(http.StatusNotFound, "ResourceNotFoundException", "no such schedule")
	}
	return reply(map[string]any{"Name": "production", "State": a.schedule, "ScheduleExpression": a.rate,
		"StartDate": a.due.Unix()})
}

func (a *account) target() string {
	text, err := json.Marshal(a.world.Target)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (a *account) getParameter(name string) awstest.Answer {
	switch name {
	case "/qovery-key-rotation/targets/production":
		return reply(map[string]any{"Parameter": map[string]any{"Name": name, "Type": "String", "Value": a.target()}})
	case a.world.Target.TokenParameter:
		return reply(map[string]any{"Parameter": map[string]any{"Name": name, "Type": "SecureString",
			"Value": fakeqovery.DefaultConfig(nil).Token}})
	case "/hooks/slack":
		return reply(map[string]any{"Parameter": map[string]any{"Name": name, "Type": "SecureString", "Value": "encrypted"}})
	}
	return awstest.JSONError(http.StatusBadRequest, "ParameterNotFound", "")
}

// run is an execution that Step Functions knows: it forgets one 90 days after its end.
func (a *account) run(arn string) *lab.Run {
	const remembered = 90 * 24 * time.Hour
	for _, run := range a.world.Runs() {
		if run.ARN() == arn && (!run.Ended() || a.world.Timeline.Now().Sub(run.StopTime()) < remembered) {
			return run
		}
	}
	return nil
}

func (a *account) start(name, input string) awstest.Answer {
	run, err := a.world.Start(name, input)
	if err != nil {
		return awstest.JSONError(http.StatusBadRequest, "InvalidExecutionInput", err.Error())
	}
	a.world.Sleep(0) // so that it begins
	return reply(map[string]any{"executionArn": run.ARN(), "startDate": seconds(run.StartTime())})
}

func (a *account) stop(arn, name, cause string) awstest.Answer {
	if a.onStop != nil {
		a.onStop()
	}
	a.run(arn).StopWith(name, cause)
	return reply(map[string]any{"stopDate": seconds(a.world.Timeline.Now())})
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

func unknownExecution() awstest.Answer {
	return awstest.JSONError(http.StatusBadRequest, "ExecutionDoesNotExist", "Execution Does Not Exist")
}

func (a *account) describe(arn string) awstest.Answer {
	run := a.run(arn)
	if run == nil {
		return unknownExecution()
	}
	answer := map[string]any{
		"executionArn": arn, "stateMachineArn": machineARN, "name": run.Name(), "status": run.Status(),
		"startDate": seconds(run.StartTime()), "input": string(run.Input()),
	}
	if input, another := a.inputs[arn]; another {
		answer["input"] = input
	}
	if run.Status() != statemachine.Running {
		answer["stopDate"], answer["error"], answer["cause"] = seconds(run.StopTime()), run.ErrorName(), run.Cause()
	}
	if run.Status() == statemachine.Succeeded {
		answer["output"] = string(run.Output())
	}
	return reply(answer)
}

// list is ListExecutions, the latest first.
func (a *account) list(status string) awstest.Answer {
	listed := []any{}
	for _, run := range slices.Backward(a.world.Runs()) {
		if a.run(run.ARN()) != nil && (status == "" || status == string(run.Status())) {
			listed = append(listed, map[string]any{
				"executionArn": run.ARN(), "stateMachineArn": machineARN, "name": run.Name(), "status": run.Status(),
				"startDate": seconds(run.StartTime()),
			})
		}
	}
	return reply(map[string]any{"executions": listed})
}

// events is GetExecutionHistory, in pages.
func (a *account) events(arn string, fields map[string]any) awstest.Answer {
	run := a.run(arn)
	if run == nil {
		return unknownExecution()
	}
	most, _ := fields["maxResults"].(float64)
	token, _ := fields["nextToken"].(string)
	skip, _ := strconv.Atoi(token)
	all := slices.Clone(run.History())
	if reverse, _ := fields["reverseOrder"].(bool); reverse {
		slices.Reverse(all)
	}
	listed := []any{}
	for _, event := range all[min(skip, len(all)):min(skip+int(most), len(all))] {
		told := historyEvent(event)
		if run.Name() == a.garbled {
			delete(told, "timestamp")
		}
		listed = append(listed, told)
	}
	answer := map[string]any{"events": listed}
	if skip += int(most); skip < len(all) {
		answer["nextToken"] = strconv.Itoa(skip)
	}
	return reply(answer)
}

// historyEvent writes an event of the interpreter as Step Functions does.
func historyEvent(event statemachine.Event) map[string]any {
	e := map[string]any{"id": event.ID, "previousEventId": event.PreviousID, "timestamp": seconds(event.Time),
		"type": event.Type}
	failure := map[string]any{"error": event.Error, "cause": event.Cause}
	switch {
	case event.Entered():
		e["stateEnteredEventDetails"] = map[string]any{"name": event.State, "input": string(event.Input)}
	case strings.HasSuffix(string(event.Type), "StateExited"):
		e["stateExitedEventDetails"] = map[string]any{"name": event.State, "output": string(event.Output)}
	case event.Type == statemachine.ExecutionStarted:
		e["executionStartedEventDetails"] = map[string]any{"input": string(event.Input)}
	case event.Type == statemachine.TaskFailed:
		e["taskFailedEventDetails"] = failure
	case event.Type == statemachine.TaskTimedOut:
		e["taskTimedOutEventDetails"] = failure
	case event.Type == statemachine.ExecutionFailed:
		e["executionFailedEventDetails"] = failure
	case event.Type == statemachine.ExecutionAborted:
		e["executionAbortedEventDetails"] = failure
	}
	return e
}

// The journal's items, as dynamojournal writes them.

func (a *account) getItem(fields map[string]any) awstest.Answer {
	key, _ := plainOf(map[string]any{"M": fields["Key"]}).(map[string]any)
	answer := map[string]any{"ConsumedCapacity": map[string]any{"TableName": "journal", "CapacityUnits": 1}}
	user, _ := key["iamUser"].(string)
	if record := a.world.Journal.Current(user); record != nil && key["record"] == "ACTIVE" {
		answer["Item"] = attributesOf(*record, a.written(map[string]any{"record": "ACTIVE"}))
	}
	switch name, isMemory := strings.CutPrefix(user, "target:"); {
	case isMemory && name != lab.TargetName:
		var kept map[string]any
		if a.world.Journal.Recall(context.Background(), name, &kept) == nil && kept != nil {
			answer["Item"] = attributesOf(kept, nil)
		}
	case isMemory && !a.unaudited:
		audited := cmp.Or(a.audited, a.world.Timeline.Now().Add(-time.Hour))
		answer["Item"] = attributesOf(map[string]any{"auditedAt": audited}, nil)
	}
	return reply(answer)
}

func (a *account) query() awstest.Answer {
	items, err := a.world.Journal.History(context.Background(), a.world.Target.IAMUserName)
	if err != nil {
		return awstest.JSONError(http.StatusInternalServerError, "InternalServerError", err.Error())
	}
	listed := []any{}
	for _, item := range items {
		more := map[string]any{"record": "ROTATION#", "outcome": item.Outcome, "endedAt": item.EndedAt}
		if item.Summary != nil {
			more["summary"] = item.Summary
		}
		listed = append(listed, attributesOf(item.Record, a.written(more)))
	}
	if a.later && len(items) == 0 {
		listed = append(listed, attributesOf(rotation.Record{}, a.written(nil)))
	}
	return reply(map[string]any{"Items": listed, "Count": len(listed)})
}

// written are attributes as the latest version writes them, which may be a later one
// than the command line's.
func (a *account) written(more map[string]any) map[string]any {
	if !a.later {
		return more
	}
	later := map[string]any{"color": "red"}
	maps.Copy(later, more)
	return later
}

// transact closes a record: the second part of the transaction is the history item.
func (a *account) transact(fields map[string]any) awstest.Answer {
	parts := fields["TransactItems"].([]any)
	put := parts[1].(map[string]any)["Put"].(map[string]any)
	text, _ := json.Marshal(plainOf(map[string]any{"M": put["Item"]}))
	var item rotation.HistoryItem
	_ = json.Unmarshal(text, &item.Record)
	var ending struct {
		Outcome rotation.Outcome
		EndedAt time.Time
	}
	_ = json.Unmarshal(text, &ending)
	item.Outcome, item.EndedAt = ending.Outcome, ending.EndedAt
	if err := a.world.Journal.Close(context.Background(), item); err != nil {
		return awstest.JSONError(http.StatusBadRequest, "TransactionCanceledException", err.Error())
	}
	return reply(map[string]any{})
}

func (a *account) put(fields map[string]any) awstest.Answer {
	plain := plainOf(map[string]any{"M": fields["Item"]}).(map[string]any)
	if name, isMemory := strings.CutPrefix(plain["iamUser"].(string), "target:"); isMemory {
		delete(plain, "iamUser")
		delete(plain, "record")
		_ = a.world.Journal.Remember(name, plain)
		return reply(map[string]any{})
	}
	text, _ := json.Marshal(plain)
	var record rotation.Record
	_ = json.Unmarshal(text, &record)
	if err := a.world.Journal.Save(context.Background(), record); err != nil {
		return awstest.JSONError(http.StatusBadRequest, "ConditionalCheckFailedException", err.Error())
	}
	return reply(map[string]any{})
}

// attributesOf writes a value as DynamoDB's attributes.
func attributesOf(value any, more map[string]any) map[string]any {
	attributes := map[string]any{}
	for _, part := range []any{value, more} {
		text, err := json.Marshal(part)
		if err != nil {
			panic(err)
		}
		var fields map[string]any
		_ = json.Unmarshal(text, &fields)
		for name, field := range fields {
			attributes[name] = attribute(field)
		}
	}
	return attributes
}

func attribute(value any) map[string]any {
	switch value := value.(type) {
	case string:
		return map[string]any{"S": value}
	case float64:
		return map[string]any{"N": strconv.FormatFloat(value, 'f', -1, 64)}
	case bool:
		return map[string]any{"BOOL": value}
	case []any:
		list := []any{}
		for _, v := range value {
			list = append(list, attribute(v))
		}
		return map[string]any{"L": list}
	case map[string]any:
		fields := map[string]any{}
		for name, v := range value {
			fields[name] = attribute(v)
		}
		return map[string]any{"M": fields}
	}
	return map[string]any{"NULL": true}
}

// plainOf turns an attribute back.
func plainOf(attribute map[string]any) any {
	for kind, value := range attribute {
		switch kind {
		case "N":
			return json.Number(value.(string))
		case "L":
			list := []any{}
			for _, v := range value.([]any) {
				list = append(list, plainOf(v.(map[string]any)))
			}
			return list
		case "M":
			fields := map[string]any{}
			for name, v := range value.(map[string]any) {
				fields[name] = plainOf(v.(map[string]any))
			}
			return fields
		case "S", "BOOL":
			return value
		}
	}
	return nil
}
