package notice

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"qovery-key-rotation/internal/words"
)

// What chats show of a message: its title, whether anything is broken, what happened and
// what to do.

// ChatTopic is a topic that Amazon Q Developer in chat applications listens to. It shows
// nothing but messages in its own form.
type ChatTopic struct{ Topic }

// Name is what logs call it.
func (ChatTopic) Name() string { return "chat topic" }

// Post publishes the message.
func (c ChatTopic) Post(ctx context.Context, m Message) error {
	text, err := json.Marshal(forAmazonQ(m))
	if err != nil {
		return err
	}
	return c.Publish(ctx, "", string(text), m.attributes())
}

// object is one of JSON.
type object map[string]any

// forAmazonQ is a custom notification. All messages about a rotation are in one thread.
// https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
func forAmazonQ(m Message) object {
	var steps []string
	for _, s := range m.Steps {
		text := markdown(s.Text)
		if s.Command != "" {
			text += " `" + strings.ReplaceAll(s.Command, "`", "'") + "`"
		}
		steps = append(steps, text)
	}
	story := markdown(strings.Join(append([]string{m.Verdict}, m.Happened...), "\n\n"))
	metadata := object{"summary": markdown(m.Subject)}
	if m.Thread != "" {
		metadata["threadId"] = m.Thread
	}
	return object{"version": "1.0", "source": "custom", "metadata": metadata, "content": object{
		"textType": "client-markdown", "title": markdown(m.Subject), "description": words.Short(story, longestText),
		"nextSteps": steps}}
}

// markdown keeps a text from mentioning people and from being code.
func markdown(text string) string {
	return strings.NewReplacer("<", "‹", ">", "›", "`", "'").Replace(text)
}

// longestText is well under what each chat takes in one piece.
const longestText = 2500

// Hook posts JSON to a webhook.
type Hook interface {
	Post(ctx context.Context, document any) error
}

// Slack is an incoming webhook of Slack's.
type Slack struct{ Hook }

// Name is what logs call it.
func (Slack) Name() string { return "Slack" }

// Post posts the message.
func (s Slack) Post(ctx context.Context, m Message) error { return s.Hook.Post(ctx, forSlack(m)) }

// blocks are what the message says below its title, each text and each command as the chat
// shows it.
func (m Message) blocks(text, command func(string) object) (blocks []object) {
	for _, line := range append([]string{m.Verdict}, m.Happened...) {
		blocks = append(blocks, text(line))
	}
	for _, s := range m.Steps {
		blocks = append(blocks, text(s.Text))
		if s.Command != "" {
			blocks = append(blocks, command(s.Command))
		}
	}
	return blocks
}

// forSlack is a message in blocks. Nothing in it is markup but the commands.
// https://docs.slack.dev/reference/block-kit/blocks
func forSlack(m Message) object {
	plain := func(text string) object { return object{"type": "plain_text", "text": words.Short(text, longestText)} }
	section := func(text object) object { return object{"type": "section", "text": text} }
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "'")
	blocks := m.blocks(func(text string) object { return section(plain(text)) }, func(command string) object {
		return section(object{"type": "mrkdwn", "text": "```" + escape.Replace(command) + "```"})
	})
	header := object{"type": "header", "text": plain(m.Subject)}
	return object{"text": escape.Replace(m.Subject), "blocks": append([]object{header}, blocks...)}
}

// Teams is a webhook of a workflow in Teams.
type Teams struct{ Hook }

// Name is what logs call it.
func (Teams) Name() string { return "Teams" }

// Post posts the message.
func (t Teams) Post(ctx context.Context, m Message) error { return t.Hook.Post(ctx, forTeams(m)) }

// forTeams is a message with an adaptive card, whose texts aren't Markdown.
// https://adaptivecards.io/explorer/RichTextBlock.html
func forTeams(m Message) object {
	text := func(text string, run object) object {
		run["type"], run["text"] = "TextRun", words.Short(text, longestText)
		return object{"type": "RichTextBlock", "inlines": []object{run}}
	}
	title := text(m.Subject, object{"weight": "Bolder", "size": "Medium"})
	body := append([]object{title}, m.blocks(func(line string) object { return text(line, object{}) },
		func(command string) object { return text(command, object{"fontType": "Monospace"}) })...)
	card := object{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
		"version": "1.4", "body": body}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive", "content": card}}}
}

// thread is what the messages about one rotation have in common.
func (r *report) thread() string {
	return words.Short(r.Execution.Target+" "+cmp.Or(r.rotationID(), r.Execution.Name), longestThread)
}

// rotationID is that of the execution's rotation; empty: it has none that is known.
func (r *report) rotationID() string {
	switch {
	case r.summary != nil:
		return r.summary.RotationID
	case r.own():
		return r.Record.RotationID
	case r.Record == nil && len(r.History) > 0 && r.History[0].Record.Owner == r.Execution.ARN:
		return r.History[0].Record.RotationID
	}
	return ""
}

const longestThread = 100
