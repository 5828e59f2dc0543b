package words

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	for got, want := range map[string]string{
		At(time.Date(2026, 1, 12, 9, 0, 59, 0, paris)): "2026-01-12 08:00 UTC",
		At(time.Time{}):                      "(time unknown)",
		Count(0, "key"):                      "0 keys",
		Count(1, "key"):                      "1 key",
		Count(250, "cluster"):                "250 clusters",
		Dot("so it is"):                      "so it is.",
		Dot("so it is. "):                    "so it is.",
		Dot("is it?"):                        "is it?",
		Dot("it was cut …"):                  "it was cut …",
		Dot("it goes on ... "):               "it goes on ...",
		Sentences("a", "", " ", "b. ", "c?"): "a. b. c?",
		Sentences[string]():                  "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	from := time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		20 * time.Second: "under a minute", minute: "1 min", 59*minute + 40*time.Second: "1 h",
		5*hour + 20*minute: "5 h 20 min", 25 * hour: "1 day 1 h", 9*day + hour: "9 days 1 h", 60 * day: "60 days",
	} {
		if got := Span(from, from.Add(d)); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
	if Span(time.Time{}, from) != "(time unknown)" || Span(from, time.Time{}) != "(time unknown)" {
		t.Error("a span from or to a time that is not known")
	}
}

// JSON is that of Go but for the zero times, whose members are not there.
func TestJSON(t *testing.T) {
	type wait struct {
		At   time.Time  `json:"at"`
		Then *time.Time `json:"then"`
		Text string     `json:"text"`
		List []any      `json:"list"`
	}
	at, zero := time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC), time.Time{}
	for _, row := range []struct {
		value any
		want  string
	}{
		{wait{At: at, Then: &at}, `{"at":"2026-01-12T08:00:00Z","then":"2026-01-12T08:00:00Z","text":"","list":null}`},
		{wait{Then: &at}, `{"then":"2026-01-12T08:00:00Z","text":"","list":null}`},
		{wait{At: at, Then: &zero}, `{"at":"2026-01-12T08:00:00Z","text":"","list":null}`},
		{wait{Then: &zero, List: []any{zero, 1, zero, map[string]any{"a": zero}}}, `{"text":"","list":[null,1,null,{}]}`},
		{map[string]any{"a": zero, "b": zero, "c": zero.In(time.FixedZone("", 3600))}, `{}`},
		{wait{At: at, Text: `,"at":"0001-01-01T00:00:00Z"`},
			`{"at":"2026-01-12T08:00:00Z","then":null,"text":",\"at\":\"0001-01-01T00:00:00Z\"","list":null}`},
		{map[string]any{`,"a`: zero, `:`: `,`, `{`: `x:`}, `{":":",","{":"x:"}`},
	} {
		var got strings.Builder
		if err := WriteJSON(&got, row.value, ""); err != nil || got.String() != row.want+"\n" ||
			!json.Valid([]byte(got.String())) {
			t.Errorf("%s, %v\nwant %s", &got, err, row.want)
		}
	}
}

// What others write is printed on one line, and a terminal obeys nothing in it.
func TestForeignTexts(t *testing.T) {
	for text, want := range map[string]string{
		"one\ntwo\r\n three\x00": "one two three",
		"red\x1b[31m \u202eback": "red [31m back",
		"bad \xff and \u009b":    "bad ? and",
		"größer, 東京 ✓":           "größer, 東京 ✓",
		"":                       "",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"AKIAIOSFODNN7EXAMPLE, ASIAIOSFODNN7EXAMPLE.": "****MPLE, ****MPLE.",
		"AKIA1234, XAKIAIOSFODNN7EXAMPLE":             "AKIA1234, XAKIAIOSFODNN7EXAMPLE",
		"AKIA12345678":                                "****5678",
	} {
		if got := MaskKeys(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := Short("größer", 6) + Short("größer", 5); got != "größergröß…" {
		t.Error(got)
	}
	if got := Quote("a\x1b\"" + strings.Repeat("é", 200)); got != `"a\x1b\"`+strings.Repeat("é", 92)+`…"` {
		t.Error(got)
	}
}

func TestList(t *testing.T) {
	for want, list := range map[string][]string{"": nil, "a": {"a"}, "a, b": {"a", "b"},
		"a, b and 1 more": {"a", "b", "c"}} {
		if got := List(list, 2); got != want {
			t.Errorf("%v: %q, want %q", list, got, want)
		}
	}
	if Last("arn:aws:states:eu-west-3:1:execution:machine:one") != "one" || Last("one") != "one" {
		t.Error("the name is not what comes last")
	}
}

func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 s": 0, "under 1 s": time.Millisecond, "1 s": 1900 * time.Millisecond, "2 min": 2 * time.Minute,
		"1 h 1 min": time.Hour + 61*time.Second,
		"1 day":     24*time.Hour + 5*time.Second, "90 days 2 h": 90*24*time.Hour + 2*time.Hour + time.Minute,
		"1 h": time.Hour + time.Second,
	} {
		if got := Duration(d); got != want {
			t.Errorf("%s is spelled %q, want %q", d, got, want)
		}
	}
}
