package strictjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// everything is a type with a field of each kind that there is.
type everything struct {
	Name    string          `json:"name"`
	Count   int             `json:"count"`
	On      bool            `json:"on"`
	At      time.Time       `json:"at"`
	Maybe   *int            `json:"maybe"`
	List    []inner         `json:"list"`
	ByName  map[name]inner  `json:"byName"`
	Later   json.RawMessage `json:"later"`
	Any     any             `json:"any"`
	Untold  string
	Skipped string `json:"-"`
	Embedded
}

type name string

type inner struct {
	Size int `json:"size"`
}

// Embedded has a field of its own, and one that is hidden.
type Embedded struct {
	Deep string `json:"deep"`
	Name bool   `json:"name"`
}

func example() everything {
	one := 1
	return everything{Name: "a", Count: 3, On: true, Maybe: &one, List: []inner{{7}},
		At: time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)}
}

func TestRead(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{}`, ""},
		{` {"name": "x", "count": -3, "on": false, "at": "2026-01-12T08:00:00Z", "maybe": 4, "deep": "y", "Untold": "z"} `,
			""},
		{`{"list": [{"size": 1}, {}], "byName": {"a": {"size": 2}, "A": {}}, "later": {"x": 1, "x": 2}, "any": [1, {"a": ` +
			`null}]}`, ""},
		{`{"maybe": null, "list": null, "byName": null, "any": null}`, ""},
		{`{"n\u0061me": "x"}`, ""},

		{`{"Name": "x"}`, `Name: is no field that is known (for example "name")`},
		{`{"name": "x", "NAME": "y"}`, `NAME: is no field that is known (for example "name")`},
		{`{"name": "x", "name": "x"}`, `name: is there more than once (for example one "name")`},
		{`{"name": "x", "n\u0061me": "x"}`, `name: is there more than once (for example one "name")`},
		{`{"ſize": 1}`, `ſize: is no field that is known (for example Untold, any, at, byName, count, deep, later, list, ` +
			`maybe, name, on)`},
		{`{"Skipped": "x"}`, `Skipped: is no field that is known (for example Untold, any, at, byName, count, deep, later,` +
			` list, maybe, name, on)`},
		{`{"list": [{}, {"Size": 1}]}`, `list[1].Size: is no field that is known (for example "size")`},
		{`{"list": [{"size": 1, "size": 2}]}`, `list[0].size: is there more than once (for example one "size")`},
		{`{"byName": {"a": {}, "a": {}}}`, `byName.a: is there more than once (for example one "a")`},
		{`{"byName": {"a": {"siz": 1}}}`, `byName.a.siz: is no field that is known (for example "size")`},
		{`{"any": [{"b": {"a": 1, "a": 1}}]}`, `any[0].b.a: is there more than once (for example one "a")`},

		{`{"name": 1}`, `name: is a number, not a string (for example "a")`},
		{`{"name": null}`, `name: is null, not a string (for example "a")`},
		{`{"count": "3"}`, `count: is a string, not a whole number (for example 3)`},
		{`{"count": 3.0}`, `count: is a fraction, not a whole number (for example 3)`},
		{`{"count": 1e2}`, `count: is a number with an exponent, not a whole number (for example 3)`},
		{`{"count": 1.5E99}`, `count: is a number with an exponent, not a whole number (for example 3)`},
		{`{"count": 9223372036854775808}`, `count: is too large a number (for example 3)`},
		{`{"on": "true"}`, `on: is a string, not true or false (for example true)`},
		{`{"at": 5}`, `at: is a number, not a string (for example "2026-01-12T08:00:00Z")`},
		{`{"at": null}`, `at: is null, not a string (for example "2026-01-12T08:00:00Z")`},
		{`{"maybe": {}}`, `maybe: is an object, not a whole number (for example 1)`},
		{`{"list": {}}`, `list: is an object, not a list (for example [{"size":7}])`},
		{`{"list": ["x"]}`, `list[0]: is a string, not an object (for example {"size":7})`},
		{`{"byName": []}`, `byName: is a list, not an object`},

		{`{"": 1}`, `"": is no field that is known (for example Untold, any, at, byName, count, deep, later, list, ` +
			`maybe, name, on)`},
		{`{"name": "x", "n\u001bme": "x"}`, `"n\x1bme": is no field that is known (for example "name")`},

		{``, `it is empty`},
		{" \n", `it is empty`},
		{"\ufeff{}", `it begins with a byte order mark; save it without one, as plain UTF-8`},
		{`{"name": "x"`, `it is not JSON: unexpected EOF`},
		{`{} {}`, `it is more than one JSON value`},
		{`{}}`, `it has more than its JSON value: invalid character '}' looking for beginning of value`},
		{"{}\x00", `it has more than its JSON value: invalid character '\x00' looking for beginning of value`},
		{`{} // so`, `it has more than its JSON value: invalid character '/' looking for beginning of value`},
		{`null`, `it is null, not an object`},
		{`[]`, `it is a list, not an object`},
	} {
		var into everything
		got := ""
		if err := Err(Read("", []byte(test.text), &into, example())); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
}

// However much is wrong, an error can be read, and fits where errors go.
func TestMistakesAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, `,"%s%d": 1`, strings.Repeat("x", 500), i)
	}
	var into everything
	err := Err(Read("", []byte("{"+text.String()[1:]+"}"), &into, nil))
	if err == nil || len(err.Error()) > 4000 || !strings.HasSuffix(err.Error(), "\nand 4990 more mistakes") {
		t.Errorf("%d bytes: %.200s", len(fmt.Sprint(err)), fmt.Sprint(err))
	}
	err = Err(Read("", []byte(`{"at": "`+text.String()[9:5000]+`"}`), &into, nil))
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("%d bytes: %.200s", len(fmt.Sprint(err)), fmt.Sprint(err))
	}
}

// All mistakes are found, and what is right beside them is read.
func TestReadGoesOnAfterMistakes(t *testing.T) {
	into := everything{Name: "default", Count: 5}
	err := Err(Read("here", []byte(`{"name": 1, "deep": "y", "list": [{"size": "x"}, {"size": 2}], "nme": 3}`), &into,
		nil))
	want := "here.name: is a number, not a string\nhere.list[0].size: is a string, not a whole number\nhere.nme: is no " +
		"field that is known (for example \"name\")"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if into.Name != "default" || into.Count != 5 || into.Deep != "y" || len(into.List) != 2 || into.List[1].Size != 2 {
		t.Errorf("%+v", into)
	}
}

// What is accepted is what Go's own decoder reads; and what that writes is accepted.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		`{"name": "x", "count": 1, "list": [{"size": 2}], "byName": {"a": {}}, "any": {"b": [1.5, null]}, "later": [1], ` +
			`"at": "2026-01-12T08:00:00.5+01:00"}`,
		`{"NAME": "x", "name": "y", "on": true, "maybe": 3}`, `{"deep": "\ud800", "any": -0}`, `[]`, `{"any": 1e999}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var read, want everything
		if len(Read("", text, &read, nil)) > 0 {
			return
		}
		if err := json.Unmarshal(text, &want); err != nil || !reflect.DeepEqual(read, want) {
			t.Fatalf("%s was read as %+v, and not as %+v (%v)", text, read, want, err)
		}
		again, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if mistakes := Read("", again, &everything{}, nil); len(mistakes) > 0 {
			t.Errorf("written as %s, and not accepted: %v", again, Err(mistakes))
		}
	})
}
