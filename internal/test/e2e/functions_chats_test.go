//go:build !integration

package main_test

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qovery-key-rotation/internal/test/awstest"
)

// secretPath is what makes the address of a webhook a secret.
const secretPath = "/services/T0/B0/the-secret-of-the-hook"

// chats are Slack and Teams, which take what is posted to them, or answer otherwise.
type chats struct {
	mu     sync.Mutex
	posted map[string][]string // bodies by chat
	answer func(http.ResponseWriter)
}

func (c *chats) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	chat := strings.TrimPrefix(r.URL.Path, secretPath+"/")
	c.posted[chat] = append(c.posted[chat], string(body))
	c.mu.Unlock()
	c.answer(w)
}

// bodies are what was posted to a chat. A request that hangs may still be at work.
func (c *chats) bodies(chat string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.posted[chat])
}

// serveChats serves them with TLS. The environment makes a function trust them, and
// know their addresses.
func serveChats(t *testing.T, answer func(http.ResponseWriter)) (c *chats, addresses, env map[string]string) {
	t.Helper()
	c = &chats{posted: map[string][]string{}, answer: answer}
	server := httptest.NewTLSServer(c)
	t.Cleanup(server.CloseClientConnections)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return c, map[string]string{"slack": server.URL + secretPath + "/slack", "teams": server.URL + secretPath + "/teams"},
		map[string]string{"SSL_CERT_FILE": authority, "SLACK_WEBHOOK_PARAMETER": "/hooks/slack",
			"TEAMS_WEBHOOK_PARAMETER": "/hooks/teams"}
}

// postsToChats: notify gives each chat the message in its own form, after the e-mail. One
// that hangs or fails delays and fails nothing; no log has its address.
func postsToChats(t *testing.T, program string) {
	hung := make(chan struct{})
	t.Cleanup(func() { close(hung) })
	for name, test := range map[string]struct {
		answer   func(http.ResponseWriter)
		attempts int
		log      string // of what failed
	}{
		"take":   {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "ok") }, 1, ""},
		"fail":   {func(w http.ResponseWriter) { http.Error(w, secretPath, 500) }, 3, "The webhook answered 500"},
		"refuse": {func(w http.ResponseWriter) { http.Error(w, secretPath, 404) }, 1, "The webhook answered 404"},
		"hang":   {func(http.ResponseWriter) { <-hung }, 1, "there was no answer within"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, addresses, more := serveChats(t, test.answer)
			server := awstest.Serve(t, withChats(addresses))
			env := environment(notify, server.URL)
			for variable, value := range more {
				env[variable] = value
			}
			f := awstest.StartFunction(t, env, program)
			answer := f.Invoke(t, aborted, 40*time.Second)
			f.Stop()
			if answer.ErrorType != "" {
				t.Fatalf("%s", answer.Body)
			}
			if strings.Contains(f.Logs(), secretPath) || strings.Count(f.Logs(), "chat not reached") > 0 != (test.log != "") ||
				!strings.Contains(f.Logs(), test.log) {
				t.Errorf("logged %s", f.Logs())
			}
			checkPublications(t, server)
			for chat, member := range map[string]string{"slack": "blocks", "teams": "attachments"} {
				posted := c.bodies(chat)
				if n := len(posted); n < test.attempts {
					t.Fatalf("%s got %d requests", chat, n)
				}
				var message map[string]any
				if err := json.Unmarshal([]byte(posted[0]), &message); err != nil || message[member] == nil ||
					!strings.Contains(posted[0], "rotate abort production") {
					t.Errorf("%s got %s (%v)", chat, posted[0], err)
				}
			}
		})
	}
}

// checkPublications: the e-mail comes first, and the topic of the chats gets a custom
// notification.
func checkPublications(t *testing.T, server *awstest.Server) {
	t.Helper()
	var topics []string
	for _, r := range server.Requests() {
		form, err := url.ParseQuery(r.Body)
		if err != nil || r.Operation != "Publish" {
			continue
		}
		topics = append(topics, form.Get("TopicArn"))
		var sent struct{ Version, Source string }
		if isChat := form.Get("TopicArn") == values["CHAT_TOPIC_ARN"]; isChat &&
			(json.Unmarshal([]byte(form.Get("Message")), &sent) != nil || sent.Version != "1.0" || sent.Source != "custom") {
			t.Errorf("chats got %s", form.Get("Message"))
		}
	}
	if len(topics) != 2 || topics[0] != values["TOPIC_ARN"] {
		t.Errorf("published to %v", topics)
	}
}

// withChats answers as an account that also has the addresses of webhooks.
func withChats(addresses map[string]string) func(http.ResponseWriter, awstest.Request, int) {
	answer := account()
	return func(w http.ResponseWriter, r awstest.Request, n int) {
		for chat, address := range addresses {
			if strings.Contains(r.Body, `"/hooks/`+chat+`"`) {
				text, _ := json.Marshal(map[string]any{"Parameter": map[string]string{"Name": "/hooks/" + chat,
					"Type": "SecureString", "Value": address}})
				awstest.JSON(200, string(text))(w)
				return
			}
		}
		answer(w, r, n)
	}
}
