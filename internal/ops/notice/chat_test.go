package notice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// everyMessage calls check with each message of the table, as JSON.
func everyMessage(t *testing.T, write func(Message) any, check func(t *testing.T, m Message, text []byte)) {
	for name, row := range table {
		m := Compose(parse(t, row.event), row.facts)
		text, err := json.Marshal(write(m))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { check(t, m, text) })
	}
}

// strictly reads JSON that has the members of into and no others.
func strictly(t *testing.T, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// Amazon Q Developer in chat applications drops what isn't a custom notification: the
// members and values that its documentation names, and a title and a description.
func TestChatTopicIsAmazonQs(t *testing.T) {
	everyMessage(t, func(m Message) any { return forAmazonQ(m) }, func(t *testing.T, m Message, text []byte) {
		var sent struct {
			Version, Source string
			Content         struct {
				TextType, Title, Description string
				NextSteps                    []string
			}
			Metadata struct{ ThreadId, Summary string }
		}
		strictly(t, text, &sent)
		if sent.Version != "1.0" || sent.Source != "custom" || sent.Content.TextType != "client-markdown" {
			t.Errorf("sent %s", text)
		}
		c := sent.Content
		if c.Title != markdown(m.Subject) || !strings.HasPrefix(c.Description, markdown(m.Verdict)) ||
			len(c.NextSteps) != len(m.Steps) || sent.Metadata.Summary == "" || len(sent.Metadata.ThreadId) > longestThread {
			t.Errorf("sent %s", text)
		}
		for i, step := range c.NextSteps {
			if command := m.Steps[i].Command; command != "" && !strings.HasSuffix(step, "`"+command+"`") {
				t.Errorf("%q has not %q as code", step, command)
			}
		}
		if strings.ContainsAny(c.Title+c.Description, "<>") {
			t.Errorf("someone may be mentioned by %s", text)
		}
	})
}

// Slack refuses blocks whose texts are empty or too long.
// https://docs.slack.dev/reference/block-kit/blocks
func TestSlackTakesEveryMessage(t *testing.T) {
	everyMessage(t, func(m Message) any { return forSlack(m) }, func(t *testing.T, m Message, text []byte) {
		var sent struct {
			Text   string
			Blocks []struct {
				Type string
				Text struct{ Type, Text string }
			}
		}
		strictly(t, text, &sent)
		if sent.Text == "" || len(sent.Blocks) > 50 || sent.Blocks[0].Type != "header" ||
			len(sent.Blocks[0].Text.Text) > 150 {
			t.Errorf("sent %s", text)
		}
		for i, block := range sent.Blocks {
			isCode := block.Text.Type == "mrkdwn" && strings.HasPrefix(block.Text.Text, "```")
			if n := len(block.Text.Text); n == 0 || n > 3000 || block.Text.Type != "plain_text" && !isCode ||
				block.Type != "section" && i > 0 {
				t.Errorf("block %+v", block)
			}
		}
		for _, s := range m.Steps {
			if s.Command != "" && !strings.Contains(string(text), "```"+s.Command+"```") {
				t.Errorf("no %q in %s", s.Command, text)
			}
		}
	})
}

// A workflow in Teams wants one adaptive card, of 28 KB at most.
func TestTeamsTakesEveryMessage(t *testing.T) {
	everyMessage(t, func(m Message) any { return forTeams(m) }, func(t *testing.T, m Message, text []byte) {
		var sent struct {
			Type        string
			Attachments []struct {
				ContentType string
				Content     struct {
					Schema        string `json:"$schema"`
					Type, Version string
					Body          []struct {
						Type    string
						Inlines []struct{ Type, Text, Weight, Size, FontType string }
					}
				}
			}
		}
		strictly(t, text, &sent)
		if sent.Type != "message" || len(sent.Attachments) != 1 || len(text) > 28<<10 ||
			sent.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" ||
			sent.Attachments[0].Content.Type != "AdaptiveCard" || sent.Attachments[0].Content.Version != "1.4" {
			t.Fatalf("sent %s", text)
		}
		var shown []string
		for _, block := range sent.Attachments[0].Content.Body {
			if block.Type != "RichTextBlock" || len(block.Inlines) != 1 || block.Inlines[0].Text == "" {
				t.Errorf("block %+v", block)
				continue
			}
			shown = append(shown, block.Inlines[0].Text)
		}
		if shown[0] != m.Subject || shown[1] != m.Verdict || len(shown) < 2+len(m.Steps) {
			t.Errorf("shown %q", shown)
		}
	})
}

// All that is sent about one rotation is in one thread, whichever execution it is about.
func TestOneThreadARotation(t *testing.T) {
	var threads []string
	for _, row := range []row{
		{execution("ABORTED"), world(bothKeys, open(deployed))},
		{execution("FAILED", failedWith(stillUse)), world(bothKeys, open(deployed))},
		{execution("SUCCEEDED", output(completed(summary()))), world(newKey)},
	} {
		threads = append(threads, Compose(parse(t, row.event), row.facts).Thread)
	}
	if got := fmt.Sprint(threads); got != "[production k3v9 production k3v9 production k3v9]" {
		t.Error(got)
	}
}

// aChat is one that hangs, fails or takes what it is given.
type aChat struct {
	hangs bool
	fails error
	got   []string
	mails *[]Message // that were sent when it was reached
	late  bool       // it was reached before the e-mail was sent
}

func (*aChat) Name() string { return "a chat" }

func (c *aChat) Post(ctx context.Context, m Message) error {
	c.late = c.late || len(*c.mails) == 0
	if c.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	c.got = append(c.got, m.Subject)
	return c.fails
}

// A chat that hangs or fails delays no e-mail, and fails none; the others are reached.
func TestChatsComeAfterTheMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{facts: world(bothKeys, open(deployed))}
		hangs, fails, takes := &aChat{hangs: true, mails: &f.sent}, &aChat{mails: &f.sent,
			fails: fault.Errorf(fault.Unreachable, "The webhook answered 500")}, &aChat{mails: &f.sent}
		f.chats = []Chat{hangs, fails, takes}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		logs, err := f.handle(ctx, execution("ABORTED"))
		if err != nil || len(f.sent) != 1 || len(fails.got) != 1 || len(takes.got) != 1 {
			t.Fatalf("%v, sent %v, %v, %v", err, f.sent, fails.got, takes.got)
		}
		if hangs.late || fails.late || takes.late {
			t.Error("a chat was reached before the e-mail was sent")
		}
		if took := time.Since(began); took > forChats {
			t.Errorf("took %s", took)
		}
		if strings.Count(logs, "chat not reached") != 2 || !strings.Contains(logs, "The webhook answered 500") {
			t.Errorf("logged %s", logs)
		}
	})
}

// What wasn't sent by e-mail is sent again as a whole, and not to the chats before.
func TestChatsAreNotReachedWithoutTheMail(t *testing.T) {
	f := &fake{facts: world(oneKey), fails: fault.Errorf(fault.Throttled, "Slow down")}
	chat := &aChat{mails: &f.sent}
	f.chats = []Chat{chat}
	if _, err := f.handle(t.Context(), execution("ABORTED")); err == nil || len(chat.got) > 0 {
		t.Errorf("%v, the chat got %q", err, chat.got)
	}
}
