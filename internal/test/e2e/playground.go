package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/test/awstest"
)

const (
	// playgroundTarget is the playground's only target.
	playgroundTarget = "demo"
	// faster is how much faster than real time executions go there.
	faster = 180
	// roleCredentials are those to move clusters to, as docs/roles.md names them.
	roleCredentials = "aws-role"
)

// Playground puts a world together for people to try the command line on, and
// keeps it until ctx ends. Root is the repository's folder.
func Playground(ctx context.Context, root string, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "playground")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Fprintln(out, "Building the functions and the template ...")
	if err := prepare(root, dir, playgroundTarget); err != nil {
		return err
	}
	l, err := openLane()
	if err != nil {
		return err
	}
	defer l.close()
	defer func() {
		if said, ok := recover().(broken); ok {
			err = said
		}
	}()
	// The world outlives ctx a little: its parts are ended one after another.
	w := newWorld(context.WithoutCancel(ctx), host{out}, l, lab.Setup{Clusters: 3, Production: 1, Registries: true})
	defer w.tearDown()
	w.open(func(notice string) { fmt.Fprintln(out, "notice:", notice) })
	w.invite(out)
	w.clock.Pace(ctx, faster)
	fmt.Fprintln(out, "\nThe playground is taken down.")
	return nil
}

// host is told what goes wrong in a world that no test has.
type host struct{ out io.Writer }

// broken is what keeps a playground from coming about.
type broken struct{ error }

// Helper does nothing.
func (host) Helper() {}

// Errorf tells of it.
func (h host) Errorf(format string, args ...any) { fmt.Fprintf(h.out, format+"\n", args...) }

// Fatal ends the playground.
func (host) Fatal(args ...any) { panic(broken{errors.New(fmt.Sprint(args...))}) }

// Fatalf ends the playground.
func (host) Fatalf(format string, args ...any) { panic(broken{fmt.Errorf(format, args...)}) }

// open lets people in: what they start is the world's, and what moto lacks is
// answered from the template. The key has been in use for as long as IAM needs to know.
// At Qovery are credentials with a role, which no cluster uses.
func (w *world) open(heard func(notice string)) {
	w.qovery.AddCredentials(lab.RoleCredentials(roleCredentials))
	w.consume(beginning)
	w.clock.Set(beginning.Add(usageLag + time.Minute))
	w.adopts, w.heard = true, heard
	w.qovery.Configure(func(c *fakeqovery.Config) { c.Hook = w.watchBefore })
	maps.Copy(w.gateway.Stubs, map[string]func(awstest.Call) *awstest.Reply{
		"cloudformation:DescribeStacks": describeStacks(w.api.URL),
		"sns:ListSubscriptionsByTopic":  listSubscriptions,
	})
	w.gateway.Amend = amend
	carriedOut := w.gateway.Seen
	w.gateway.Seen = func(call awstest.Call, answer awstest.Reply) {
		carriedOut(call, answer)
		w.told(call, answer)
	}
}

// watchBefore lets the time pass, before a person deletes credentials, for which the key is to be
// watched: so long must it have been unused to be retired.
func (w *world) watchBefore(r *http.Request) (apply bool, answer *fakeqovery.Answer) {
	if r.Method == http.MethodDelete {
		w.clock.Tick(time.Duration(target.UnusedFor) + time.Hour)
	}
	return true, nil
}

// told acts on what people do.
func (w *world) told(call awstest.Call, answer awstest.Reply) {
	if answer.Status != http.StatusOK {
		return
	}
	switch call.Action {
	case "states:StopExecution":
		arn, _ := call.Fields["executionArn"].(string)
		if run := w.run(arn); run != nil {
			run.release()
		}
	case "sns:Publish":
		if subject := call.Form.Get("Subject"); subject != "" { // a chat's message has none
			w.heard(subject)
		}
	}
}

func (w *world) invite(out io.Writer) {
	fmt.Fprintf(out, `
An AWS account with the deployed stack, and a Qovery organization with three clusters.
Time goes as fast as yours until a rotation runs, and then %d times as fast; what takes days, in minutes.
In another terminal, in this folder:

`, faster)
	env := awstest.Environment("http://" + w.lane.address)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(out, "export %s=%s\n", name, env[name])
	}
	fmt.Fprintf(out, `export PATH="$PWD/bin:$PATH"

rotate init --qovery-api-url %[2]s --file demo.json
rotate doctor
rotate status
rotate start %[1]s --dry-run
rotate start %[1]s --watch
rotate report %[1]s --file %[1]s.html

To move the clusters to role credentials. Abort takes them back on the way, from a third terminal or after
Ctrl-C there:

rotate migrate %[1]s --to %[5]s --dry-run
rotate migrate %[1]s --to %[5]s --watch
rotate abort %[1]s

To retire the key after that, delete the old credentials, which still hold it. In Qovery's console that
is a click. It's a request here, before which two weeks pass. KEY is the end of the key's id, as in 'rotate status':

curl -X DELETE -H 'Authorization: Token %[3]s' %[2]s/organization/%[4]s/aws/credentials/%[6]s
rotate retire %[1]s KEY --watch

For 'rotate init', Qovery's token is %[3]s, and the organization %[4]s.
Ctrl-C takes everything down.
`, shipped.target, w.api.URL, w.token, fakeqovery.DefaultConfig(nil).OrganizationID, roleCredentials, lab.CredentialsID)
}

// describeStacks answers with the template's outputs.
func describeStacks(qovery string) func(awstest.Call) *awstest.Reply {
	return func(call awstest.Call) *awstest.Reply {
		if name := call.Form.Get("StackName"); name != shipped.template.Machine {
			return xmlAnswer(http.StatusBadRequest, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>`+
				`<Message>There is no such stack</Message></Error></ErrorResponse>`)
		}
		type output struct{ OutputKey, OutputValue string }
		var outputs []output
		for _, name := range slices.Sorted(maps.Keys(shipped.template.Outputs)) {
			value := shipped.template.Outputs[name]
			if name == "QoveryApiUrl" {
				value = qovery
			}
			outputs = append(outputs, output{name, value})
		}
		return xmlOf("DescribeStacks", struct {
			Name    string   `xml:"Stacks>member>StackName"`
			Created string   `xml:"Stacks>member>CreationTime"`
			Status  string   `xml:"Stacks>member>StackStatus"`
			Outputs []output `xml:"Stacks>member>Outputs>member"`
		}{shipped.template.Machine, beginning.Format(time.RFC3339), "CREATE_COMPLETE", outputs})
	}
}

// listSubscriptions answers with the template's, which someone has confirmed.
func listSubscriptions(call awstest.Call) *awstest.Reply {
	type subscription struct{ TopicArn, Protocol, SubscriptionArn, Owner, Endpoint string }
	var all []subscription
	topic := call.Form.Get("TopicArn")
	for _, email := range shipped.template.Emails {
		if topic != shipped.template.Functions["notify"].Environment["TOPIC_ARN"] {
			continue
		}
		all = append(all, subscription{topic, "email", topic + ":1", awstest.Account, email})
	}
	return xmlOf("ListSubscriptionsByTopic", struct {
		Subscriptions []subscription `xml:"Subscriptions>member"`
	}{all})
}

// xmlOf is the answer of a service that answers in XML.
func xmlOf(operation string, result any) *awstest.Reply {
	var text strings.Builder
	text.WriteString("<" + operation + "Response>")
	if err := xml.NewEncoder(&text).EncodeElement(result,
		xml.StartElement{Name: xml.Name{Local: operation + "Result"}}); err != nil {
		panic(err)
	}
	text.WriteString("</" + operation + "Response>")
	return xmlAnswer(http.StatusOK, text.String())
}

func jsonOf(value any) *awstest.Reply {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return &awstest.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: body}
}

// amend gives histories the order and the pages that were asked for: moto tells
// all events immediately, the first one first.
func amend(call awstest.Call, answer awstest.Reply) awstest.Reply {
	if call.Action != "states:GetExecutionHistory" || answer.Status != http.StatusOK {
		return answer
	}
	var history struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(answer.Body, &history); err != nil {
		return answer
	}
	if reverse, _ := call.Fields["reverseOrder"].(bool); reverse {
		slices.Reverse(history.Events)
	}
	token, _ := call.Fields["nextToken"].(string)
	skip, _ := strconv.Atoi(token) // none is 0
	most, _ := call.Fields["maxResults"].(float64)
	page := history.Events[min(skip, len(history.Events)):]
	amended := map[string]any{}
	if most > 0 && len(page) > int(most) {
		page = page[:int(most)]
		amended["nextToken"] = strconv.Itoa(skip + int(most))
	}
	amended["events"] = page
	return *jsonOf(amended)
}
