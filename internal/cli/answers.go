package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qovery-key-rotation/docs"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/explorer"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/version"
	"qovery-key-rotation/internal/words"
)

// jsonVersion is raised when a member goes, or comes to mean something else.
const jsonVersion = 1

// jsonAnswer is what a command answers in JSON, by its "type". docs/json.md and
// docs/json.schema.json are generated from these.
type jsonAnswer struct {
	name  string // the "type"
	about string
	value any
}

var jsonAnswers = []jsonAnswer{
	{"status", "`rotate status`", stackStatus{}},
	{"statuses", "`rotate status --all`", allStatus{}},
	{"doctor", "`rotate doctor`", &examination{}},
	{"history", "`rotate history`", pasts{}},
	{"uses", "`rotate uses`", usesFound{}},
	{"started", "`rotate start` and `rotate abort`, first: the execution that they started", started{}},
	{"event", "`rotate watch`, `start --watch` and `abort`: a line for each thing that happens", line{}},
	{"ended", "the same, last: how the execution ended", ended{}},
	{"stopped", "`rotate abort`, where no rotation was open", halted{}},
	{"released", "`rotate release`: the rotation whose record it closed", past{}},
	{"freeze", "`rotate freeze` and `rotate unfreeze`: until when no rotation begins now, if one doesn't", frozenAnswer{}},
	{"report", "`rotate report`", report.Report{}},
	{"explanation", "`rotate explain CODE`", docs.Section{}},
	{"explanations", "`rotate explain`", explanations{}},
	{"diagram", "`rotate diagram`", drawn{}},
	{"simulation", "`rotate simulate`", simulation{}},
	{"scenarios", "`rotate simulate --list`", scenarios{}},
	{"exploration", "`rotate explore`", explorer.Summary{}},
	{"mutations", "`rotate explore --mutations`", mutations{}},
	{"replay", "`rotate explore --replay SCHEDULE`", replayed{}},
	{"version", "`rotate version`", version.Info{}},
	{notice.EventStarted, "no command: the detail of an event of EventBridge, when an execution begins",
		notice.RotationEvent{}},
	{notice.EventWaiting, "when an execution begins that first waits for its time, `until`: no `rotation.started` " +
		"follows. A wait within a rotation, such as the grace period, has no event", notice.RotationEvent{}},
	{notice.EventPaused, "when an execution ends and a rotation stays open", notice.RotationEvent{}},
	{notice.EventEnded, "when an execution ends and none does", notice.RotationEvent{}},
}

// The answers that are a list, or that no other type has.
type (
	pasts struct {
		Target    string `json:"target"`
		Rotations []past `json:"rotations"` // the latest first
	}
	halted struct {
		Target     string   `json:"target"`
		Executions []string `json:"executions"`
	}
	frozenAnswer struct {
		Target string `json:"target"`
		Frozen string `json:"frozen,omitempty"`
	}
	explanations struct {
		Sections []docs.Section `json:"sections"`
	}
	drawn struct {
		Mermaid string `json:"mermaid"`
	}
	simulation struct {
		lab.Report
		Story []lab.Line `json:"story"`
	}
	scenarios struct {
		Scenarios []scenario `json:"scenarios"`
	}
	scenario struct {
		Name     string `json:"name"`
		Sentence string `json:"sentence"`
		Ends     string `json:"ends"`
	}
	mutations struct {
		Findings   []explorer.Finding   `json:"findings"`
		Unfinished *explorer.Unfinished `json:"unfinished,omitempty"` // by the mutation's name; nil: all were defeated
	}
)

// inLines are the types of which a command may answer several, each on a line of its own.
var inLines = []string{"started", "event", "ended", "stopped"}

// writeJSON writes an answer for a program to read.
func writeJSON(out io.Writer, value any) error {
	kind := reflect.TypeOf(value)
	at := slices.IndexFunc(jsonAnswers, func(a jsonAnswer) bool { return reflect.TypeOf(a.value) == kind })
	if at < 0 {
		panic("cli: an answer has no type: " + kind.String())
	}
	name, indent := jsonAnswers[at].name, "  "
	if slices.Contains(inLines, name) {
		indent = ""
	}
	return words.WriteJSON(out, typed{name, value}, indent)
}

// typed is an answer that says of which type and version it is.
type typed struct {
	name  string
	value any
}

// MarshalJSON puts both in front.
func (t typed) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(t.value)
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, `{"type":%q,"version":%d,`, t.name, jsonVersion), text[1:]...), nil
}

// output is the flag that says how a command answers.
type output struct {
	ways  []string // the first is the usual one, the last JSON
	value string
}

// add gives a command the flag, with the ways beside JSON.
func (o *output) add(cmd *cobra.Command, ways ...string) {
	o.ways, o.value = append(ways, "json"), ways[0]
	cmd.Flags().VarP(o, "output", "o", strings.Join(o.ways, " or "))
	completeFlag(cmd, "output", o.ways...)
}

func (o *output) String() string         { return o.value }
func (o *output) Type() string           { return "string" }
func (o *output) Set(value string) error { o.value = value; return nil }

// check is asked of every command before it runs.
func (o *output) check() error {
	if !slices.Contains(o.ways, o.value) {
		return misuse("--output %q is neither %s nor json", o.value, o.ways[0])
	}
	return nil
}

func (o *output) json() bool { return o.value == "json" }

// answer answers in JSON, or else as show does. Whether that could be written, Run sees.
func (p Program) answer(o output, value any, show func()) error {
	if o.json() {
		return writeJSON(p.Out, value)
	}
	show()
	return nil
}

// completeFlag has the shell complete a flag's values.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	// the flag exists
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
