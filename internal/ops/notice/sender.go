package notice

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// Topic is where messages go. Errors are those of rotation's ports.
// Subscriptions can filter by the attributes.
type Topic interface {
	Publish(ctx context.Context, subject, body string, attributes map[string]string) error
}

// Chat is a further way to people.
type Chat interface {
	// Name is what logs call it.
	Name() string
	Post(ctx context.Context, m Message) error
}

// Sender sends messages: immediately to the topic that people subscribe to, whose failure
// is the sender's, and in the end to the chats. No chat delays an e-mail, or fails one.
type Sender struct {
	Topic Topic
	Chats []Chat
	Log   *slog.Logger

	sent []Message // that the chats have to be given
}

// Send publishes the message.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if err := s.Topic.Publish(ctx, m.Subject, m.Body, m.attributes()); err != nil {
		return err
	}
	s.sent = append(s.sent, m)
	s.Log.InfoContext(ctx, "notice sent", "subject", quotable(m.Subject), "urgency", string(m.Urgency), "target", m.Target)
	return nil
}

// attributes are what subscriptions can filter by. Empty ones are left out.
func (m Message) attributes() map[string]string {
	return map[string]string{"urgency": string(m.Urgency), "target": m.Target, "code": m.Code}
}

const (
	forChats = 25 * time.Second // of the function's time, for all messages
	ofChats  = time.Second      // is left when the chats are done
)

// Flush gives the chats what was sent. What fails is logged: the e-mail was sent.
func (s *Sender) Flush(ctx context.Context) {
	sent := s.sent
	s.sent = nil
	limit := forChats
	if deadline, known := ctx.Deadline(); known {
		limit = min(limit, time.Until(deadline)-ofChats)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var posts sync.WaitGroup
	for _, chat := range s.Chats {
		posts.Go(func() {
			for _, m := range sent {
				if err := chat.Post(ctx, m); err != nil {
					s.Log.WarnContext(ctx, "chat not reached", "chat", chat.Name(), fault.Attr(err))
				}
			}
		})
	}
	posts.Wait()
}
