package words

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

type key string

func (k key) Text() Text { return KeyText(string(k)) }

// However a text is put together, and wherever it has been, the ids in it can be shown
// otherwise; and nothing else.
func TestTextKeepsIDs(t *testing.T) {
	held := Textf("%s holds %s", "staging", key("****OLD1"))
	text := Sentences(Textf("It has %d, ****OLD1 that is: %s", 2, Join([]Text{held, held}, "; ")),
		"And "+key("****NEW2").Text())
	sent, err := json.Marshal(struct{ What Text }{text})
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ What Text }
	if err := json.Unmarshal(sent, &read); err != nil {
		t.Fatal(err)
	}
	whole := read.What.With(strings.NewReplacer("****", "AKIA").Replace)
	if want := "It has 2, ****OLD1 that is: staging holds AKIAOLD1; staging holds AKIAOLD1. And AKIANEW2."; whole != want {
		t.Errorf("got %q, want %q", whole, want)
	}
	if got, want := fmt.Sprint(text), strings.ReplaceAll(whole, "AKIA", "****"); got != want {
		t.Errorf("as said: %q, want %q", got, want)
	}
	var written strings.Builder
	if err := WriteJSON(&written, struct{ What Text }{text}, ""); err != nil ||
		written.String() != `{"What":"`+text.String()+"\"}\n" {
		t.Errorf("for programs: %v, %q", err, written.String())
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "what", text)
	if !strings.Contains(logged.String(), `"what":"`+text.String()+`"`) {
		t.Errorf("logged: %s", logged.String())
	}
}

// What others have written makes nothing an id, and a text that was cut off is one.
func TestTextOfOthers(t *testing.T) {
	shown := func(string) string { return "!" }
	if got := Textf("%s %v", mark+"a"+mark, key("b")).With(shown); got != "a !" {
		t.Errorf("got %q", got)
	}
	if got := Text("so " + mark + "****OL").String(); got != "so ****OL" {
		t.Errorf("cut off: %q", got)
	}
}
