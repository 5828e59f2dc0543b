package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/test/awstest"
)

// beginning is when every world begins: at the time of day at which the
// simulator's do, and ahead of the real time. A function's context ends at its
// deadline by the real clock; ahead of it, the deadline is the host's alone.
var beginning = time.Now().UTC().Truncate(24 * time.Hour).Add(48*time.Hour +
	time.Duration(lab.Beginning.Hour())*time.Hour)

// world is an AWS account and a Qovery organization, and everything that uses
// the key.
type world struct {
	T
	ctx     context.Context
	clock   *awstest.Clock
	host    *awstest.LambdaHost
	gateway *awstest.Gateway
	qovery  *fakeqovery.Server
	api     *httptest.Server // the fake Qovery's
	cfg     aws.Config       // of people
	trail   *trail
	lane    *lane
	machine string // ARN
	token   string
	oldKey  string
	// clusters are their ids.
	clusters []string
	// without takes a statement out of a function's role; nil: none.
	without func(function string, statement map[string]any) bool
	// onInvoke decides what Step Functions misses of a call; nil: nothing.
	onInvoke func(state string) lab.InvokeFault

	mu        sync.Mutex
	runs      map[string]*execution // by ARN
	order     []*execution
	working   map[string]*awstest.Invocation // by the function's key
	published []string
	broken    []string       // rules that were broken
	elsewhere bool           // something outside Qovery uses the old key
	leaked    string         // the key of which it is intended that it is refused
	refused   map[string]int // calls for want of a right, by function
	adopts    bool           // executions that others start are its own, too
	heard     func(notice string)
}

// T is as much of a test as a world needs: where it tells what goes wrong.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// newWorld puts a world together on a lane, until ctx ends.
func newWorld(ctx context.Context, t T, l *lane, setup lab.Setup) *world {
	w := &world{T: t, ctx: ctx, lane: l, runs: map[string]*execution{}, working: map[string]*awstest.Invocation{},
		refused: map[string]int{}}
	w.clock = awstest.NewClock(beginning.Add(-90 * 24 * time.Hour))
	w.host = awstest.NewLambdaHost(w.clock)
	w.trail = newTrail(w, setup)
	w.gateway = &awstest.Gateway{Behind: w.lane.moto.URL, Clock: w.clock, Users: w.trail.user, Stubs: w.trail.stubs(),
		Authorize: w.authorize, Fault: func(awstest.Call) awstest.Fault { return awstest.Fault{} }, Seen: w.trail.seen}
	w.cfg = awstest.Config("http://" + w.lane.address)
	w.settleQovery(setup)
	w.lane.world.Store(w)
	w.must(nil, w.lane.moto.Reset())
	w.settleAWS()
	w.clock.Set(beginning)
	w.clock.OnMinute = w.consume
	w.clusters = setup.Fill(w.qovery, w.trail.whole(w.oldKey))
	return w
}

func (w *world) must(_ any, err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) tearDown() {
	w.clock.Stop()
	for _, run := range w.order {
		run.release()
	}
	w.host.Close()
	w.api.Close()
	w.lane.world.Store(nil)
}

// settleAWS deploys what the template says, as far as moto knows it.
func (w *world) settleAWS() {
	w.Helper()
	t := shipped.template
	w.table(t.Table)
	target := t.Targets["/qovery-key-rotation/targets/"+shipped.target]
	w.parameter(ssmtypes.ParameterTypeString, "/qovery-key-rotation/targets/"+shipped.target, target)
	w.parameter(ssmtypes.ParameterTypeSecureString, lab.TokenParameter, w.token)
	for _, topic := range t.Topics {
		w.must(sns.NewFromConfig(w.cfg).CreateTopic(w.ctx, &sns.CreateTopicInput{Name: &topic}))
	}
	w.schedules(t.Schedules)
	w.must(iam.NewFromConfig(w.cfg).CreateUser(w.ctx, &iam.CreateUserInput{UserName: aws.String(lab.UserName),
		Path: aws.String(userPath)}))
	w.oldKey = w.createKey()
	machine, err := sfn.NewFromConfig(w.cfg).CreateStateMachine(w.ctx, &sfn.CreateStateMachineInput{
		Name: aws.String(t.Machine), RoleArn: aws.String("arn:aws:iam::" + awstest.Account + ":role/machine"),
		Definition: aws.String(t.Definition),
	})
	w.must(nil, err)
	w.machine = *machine.StateMachineArn
}

func (w *world) table(properties map[string]any) {
	w.Helper()
	text, err := json.Marshal(properties)
	w.must(nil, err)
	var input dynamodb.CreateTableInput // the names of the fields are CloudFormation's
	w.must(nil, json.Unmarshal(text, &struct {
		AttributeDefinitions *[]types.AttributeDefinition
		KeySchema            *[]types.KeySchemaElement
		BillingMode          *types.BillingMode
	}{&input.AttributeDefinitions, &input.KeySchema, &input.BillingMode}))
	input.TableName = aws.String(shipped.template.Functions["preflight"].Environment["TABLE_NAME"])
	w.must(dynamodb.NewFromConfig(w.cfg).CreateTable(w.ctx, &input))
}

// scheduleGroup is the group of all schedules.
func scheduleGroup() *string {
	return aws.String(shipped.template.Functions["audit"].Environment["SCHEDULE_GROUP"])
}

func (w *world) schedules(all map[string]awstest.TemplateSchedule) {
	w.Helper()
	client := scheduler.NewFromConfig(w.cfg)
	w.must(client.CreateScheduleGroup(w.ctx, &scheduler.CreateScheduleGroupInput{Name: scheduleGroup()}))
	for name, s := range all {
		w.must(client.CreateSchedule(w.ctx, &scheduler.CreateScheduleInput{
			Name: &name, GroupName: scheduleGroup(), ScheduleExpression: &s.Expression,
			State:              schedulertypes.ScheduleState(s.State),
			StartDate:          startDate(w, s),
			FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
			Target: &schedulertypes.Target{Arn: &s.Target,
				RoleArn: aws.String("arn:aws:iam::" + awstest.Account + ":role/scheduler")},
		}))
	}
}

// startDate is nil where the template gives none.
func startDate(w *world, s awstest.TemplateSchedule) *time.Time {
	if s.StartDate == "" {
		return nil
	}
	first, err := time.Parse("2006-01-02T15:04:05.000Z", s.StartDate)
	w.must(nil, err)
	return &first
}

func (w *world) parameter(kind ssmtypes.ParameterType, name, value string) {
	w.Helper()
	w.must(ssm.NewFromConfig(w.cfg).PutParameter(w.ctx, &ssm.PutParameterInput{Name: &name, Value: &value, Type: kind}))
}

// createKey is a person creating a key.
func (w *world) createKey() (id string) {
	w.Helper()
	created, err := iam.NewFromConfig(w.cfg).CreateAccessKey(w.ctx,
		&iam.CreateAccessKeyInput{UserName: aws.String(lab.UserName)})
	w.must(nil, err)
	return *created.AccessKey.AccessKeyId
}

func (w *world) settleQovery(setup lab.Setup) {
	config := fakeqovery.DefaultConfig(w.clock.Now)
	config.Seed = setup.Seed
	if setup.Prompt {
		config.StatusLag, config.CredentialsLag = 0, 0
	}
	config.KeyWorks = func(id, _ string) bool { return w.trail.use(id, "") }
	w.token = config.Token
	w.qovery = fakeqovery.New(config)
	w.api = httptest.NewServer(w.qovery)
}

// function is a function as the template has it, with the addresses and the
// credentials of this world.
func (w *world) function(name string) (awstest.HostedFunction, bool) {
	deployed, exists := shipped.template.Functions[name]
	env := map[string]string{
		"AWS_REGION": region, "AWS_ENDPOINT_URL": "http://" + w.lane.address,
		"AWS_ACCESS_KEY_ID": callerOf(name), "AWS_SECRET_ACCESS_KEY": "secret-of-" + name,
		"AWS_SESSION_TOKEN": "session-of-" + name,
	}
	for variable, value := range deployed.Environment {
		env[variable] = value
	}
	if env["QOVERY_API_URL"] != "" {
		env["QOVERY_API_URL"] = w.api.URL
	}
	return awstest.HostedFunction{Name: name, Program: filepath.Join(shipped.programs, name, "bootstrap"),
		Environment: env,
		Timeout:     time.Duration(deployed.Timeout) * time.Second}, exists
}

// callerOf is the access key by which the calls of a function are known.
func callerOf(function string) string { return "ASIA" + strings.ToUpper(function) }
