package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// stackFlags say which deployed stack a command is about, and how it answers.
type stackFlags struct {
	profile, region, name string
	full                  bool // the whole notice in the end
	output
}

const defaultStack = "qovery-key-rotation"

// onStack gives a command that works on a deployed stack its flags, with the ways in which it
// answers beside JSON. What it is about is completed as a target.
func (p Program) onStack(cmd *cobra.Command, ways ...string) *stackFlags {
	f := &stackFlags{}
	f.addLogin(cmd)
	cmd.Flags().StringVar(&f.name, "stack", defaultStack, "name of the CloudFormation stack")
	f.output.add(cmd, ways...)
	cmd.ValidArgsFunction = p.completeTargets(f)
	return f
}

// onTarget makes a command one that works on a target: it opens the stack and reads the target
// that is named first.
func (p Program) onTarget(cmd *cobra.Command, run func(context.Context, *stack, target.Target) error) *stackFlags {
	f := p.onStack(cmd, "text")
	if cmd.Args == nil {
		cmd.Args = oneTarget
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := p.open(cmd.Context(), f)
		if err != nil {
			return err
		}
		t, err := s.target(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return run(cmd.Context(), s, t)
	}
	return f
}

// addLogin gives a command that logs in to AWS its flags.
func (f *stackFlags) addLogin(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.profile, "profile", "", "AWS profile (default: AWS_PROFILE)")
	cmd.Flags().StringVar(&f.region, "region", "", "AWS region (default: AWS_REGION, or the profile's)")
}

// addFull gives a command that watches an execution its flag.
func (f *stackFlags) addFull(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.full, "full", false, "show the whole notice in the end")
}

// regionOf takes the region of an ARN, where none was chosen.
func (f *stackFlags) regionOf(names ...string) {
	for _, name := range names {
		if parsed, err := arn.Parse(name); err == nil && f.region == "" {
			f.region = parsed.Region
		}
	}
}

// stack is a deployed stack and the ways to what is in it, with the rights of
// the person who asks.
type stack struct {
	Program
	flags *stackFlags
	cfg   aws.Config
	clock *serviceClock

	name    string
	region  string
	account string
	machine string // ARN of the state machine
	table   string // name of the journal
	topic   string // ARN of the topic with the notices
	chat    string // ARN of the topic for chats; empty: an earlier version deployed the stack
	hooks   string // the parameters with the addresses of webhooks, with commas
	emails  string // who is to get them, with commas; empty: no one, or an earlier version deployed the stack
	qovery  string // base URL of Qovery's API; empty: the public one

	putTokens   []string      // commands that put Qovery's token into its parameter
	version     string        // empty: the stack was deployed by a build that doesn't know its own
	definition  string        // the state machine's fingerprint; empty: an earlier version deployed the stack
	keyAgeLimit time.Duration // zero: as well
	deployedAt  time.Time     // last

	states  executions
	targets *ssm.Targets
	store   *ssm.Store
	journal *table.Journal
	keys    *iam.Keys
	needs   rotation.Needs
}

// open logs in and finds the stack.
func (p Program) open(ctx context.Context, f *stackFlags) (*stack, error) {
	cfg, err := p.logIn(ctx, f)
	if err != nil {
		return nil, err
	}
	return p.findStack(ctx, f, cfg)
}

// findStack finds the stack by its outputs.
func (p Program) findStack(ctx context.Context, f *stackFlags, cfg aws.Config) (*stack, error) {
	s := &stack{Program: p, flags: f, name: f.name, clock: &serviceClock{Clock: p.Clock}}
	cfg.APIOptions = append(cfg.APIOptions, s.clock.listen)
	s.cfg, s.region = cfg, cfg.Region
	outputs, err := s.outputs(ctx)
	if err != nil {
		return nil, err
	}
	s.machine, s.table, s.topic = outputs["StateMachineArn"], outputs["TableName"], outputs["TopicArn"]
	s.emails, s.qovery, s.definition = outputs["AlertEmails"], outputs["QoveryApiUrl"], outputs["Definition"]
	s.version, s.chat, s.hooks = outputs["Version"], outputs["ChatTopicArn"], outputs["WebhookParameters"]
	for name, command := range outputs {
		if strings.HasPrefix(name, "PutToken") {
			s.putTokens = append(s.putTokens, command)
		}
	}
	days, _ := strconv.Atoi(outputs["KeyAgeLimitDays"]) // 0 where there is none
	s.keyAgeLimit = time.Duration(days) * 24 * time.Hour
	machine, err := arn.Parse(s.machine)
	if err != nil || s.table == "" || s.topic == "" {
		return nil, &problem{fmt.Sprintf("The stack %s in %s has not the outputs of qovery-key-rotation", s.name, s.region),
			"Check --stack; if it is right, deploy the stack again", ExitNoStack}
	}
	s.account = machine.AccountID
	s.states = executions{sfn.NewExecutions(s.cfg), s.machine, s.clock}
	s.store = ssm.New(s.cfg, s.clock)
	s.targets = s.store.Targets(target.Prefix)
	s.journal = table.New(s.cfg, s.table)
	s.keys = iam.New(s.cfg)
	s.needs = rotation.Needs{Usage: s.keys, Trail: trail.New(s.cfg, s.clock),
		Staging: s.store.Staged(target.StagedPrefix)}
	return s, nil
}

// requireAgeLimit: without it no key can be judged.
func (s *stack) requireAgeLimit() error {
	if s.keyAgeLimit > 0 {
		return nil
	}
	return &problem{fmt.Sprintf("The outputs of the stack %s don't say how old a key may become", s.name),
		"Deploy the stack again, with this version", ExitFailed}
}

// outputs are the stack's, by name.
func (s *stack) outputs(ctx context.Context) (map[string]string, error) {
	request := awsclient.Request{Action: "cloudformation:DescribeStacks", On: words.Text(s.name)}
	answer, err := cloudformation.NewFromConfig(s.cfg).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: &s.name})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case isUnknownStack(err):
		return nil, &problem{fmt.Sprintf("There is no stack %s in %s", s.name, s.region),
			"Check --region, --profile and --stack; to deploy it: make deploy", ExitNoStack}
	case err != nil:
		return nil, request.Failed(err)
	case len(answer.Stacks) == 0:
		return nil, request.Malformed("it is empty")
	}
	stack, found := answer.Stacks[0], map[string]string{}
	for _, output := range stack.Outputs {
		found[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	s.deployedAt = aws.ToTime(cmp.Or(stack.LastUpdatedTime, stack.CreationTime))
	if stack.StackStatus == types.StackStatusDeleteInProgress {
		return nil, &problem{fmt.Sprintf("The stack %s is being deleted", s.name), "Deploy it again to continue",
			ExitNoStack}
	}
	return found, nil
}

// isUnknownStack: the code alone is also that of a name that can't be one.
func isUnknownStack(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && answer.ErrorCode() == "ValidationError" &&
		strings.Contains(answer.ErrorMessage(), "does not exist")
}

// target reads a target. One that does not exist is told with those that do.
func (s *stack) target(ctx context.Context, name string) (target.Target, error) {
	target, err := s.targets.Target(ctx, name)
	if !fault.HasCode(err, fault.TargetNotFound) {
		return target, err
	}
	names, listErr := s.targets.Names(ctx)
	if listErr != nil || len(names) == 0 {
		return target, err
	}
	return target,
		&problem{fmt.Sprintf("There is no target %q", name), "The stack's targets are: " + strings.Join(names, ", "),
			ExitUsage}
}

// facts finds out what is in place for an execution's target.
func (s *stack) facts(ctx context.Context, x *notice.Execution) notice.Facts {
	return notice.Reader{Clock: s.clock, Names: s.targets.Names, Targets: s.targets, Journal: s.journal,
		Keys: s.keys, AgeLimit: s.keyAgeLimit}.Read(ctx, *x)
}

func (s *stack) qoveryClient() (*qovery.Client, error) {
	client, err := qovery.New(qovery.Options{BaseURL: s.qovery, Token: s.store.Token, Clock: s.clock})
	if err != nil {
		return nil,
			&problem{"The address of Qovery's API in the stack's outputs is not accepted: " + err.Error(),
				"Correct qoveryApiUrl in rotation.json and deploy again", ExitFailed}
	}
	return client, nil
}

// prose is where sentences beside an answer go: nowhere, if that is JSON.
func (s *stack) prose() io.Writer {
	if s.flags.json() {
		return io.Discard
	}
	return s.Out
}

// guard writes to the journal, and with these, with the rights of the person.
func (s *stack) guard(writers rotation.Writers) rotation.Guard {
	return rotation.NewGuard(s.clock, slog.New(slog.DiscardHandler), s.journal, writers)
}

// completeTargets completes the name of a target where the stack answers soon.
func (p Program) completeTargets(f *stackFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		const soon = 3 * time.Second
		ctx, cancel := context.WithTimeout(cmd.Context(), soon)
		defer cancel()
		s, err := p.open(ctx, f)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, _ := s.targets.Names(ctx) // none is fine: nothing is completed
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
