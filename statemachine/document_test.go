package statemachine

import (
	"encoding/json"
	"testing"
)

func TestDocuments(t *testing.T) {
	const doc = ` { "a" : {"b": [1, {"c": "}"}], "e": "\"{"} , "n":-1.5e3, "\u0062": true,"last":null } `
	for path, want := range map[string]string{
		"$.a.b": `[1, {"c": "}"}]`, "$.a.e": `"\"{"`, "$.n": "-1.5e3", "$.b": "true", "$.last": "null",
		"$.none": "", "$.n.x": "", "$.a.b.c": "", "$.a.c": "",
	} {
		p, err := parsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.In(json.RawMessage(doc)); string(got) != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestWithMember(t *testing.T) {
	for _, test := range []struct{ doc, name, want string }{
		{`{}`, "a", `{"a":9}`},
		{` { } `, "a", `{"a":9}`},
		{`{"a":1 }`, "b", `{"a":1,"b":9}`},
		{`{"a":{"x":1},"b":2}`, "a", `{"a":9,"b":2}`},
		{`{"b":2,"\u0061":1}`, "a", `{"b":2,"\u0061":9}`},
		{`[1]`, "a", ""},
		{`null`, "a", ""},
	} {
		doc := json.RawMessage(test.doc)
		got, ok := WithMember(doc, test.name, json.RawMessage("9"))
		if string(got) != test.want || ok != (test.want != "") {
			t.Errorf("%s in %s: %q, want %q", test.name, test.doc, got, test.want)
		}
		if string(doc) != test.doc {
			t.Errorf("the document itself changed")
		}
	}
}

// FuzzDocuments holds the scanner against the decoder of the standard library, and checks that nothing makes it panic.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{`{"a":{"a":1}}`, `{"b":[1,"}"],"a":null}`, `{"a"`, `{"a":}`, `{"a":1,}`, `"a"`,
		`{"\u0061":2}`, ` { "b" : 1 } `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, found := member(doc, "a")
		changed, placed := WithMember(doc, "a", json.RawMessage(`7`))
		if !json.Valid(doc) {
			return
		}
		decoded := map[string]json.RawMessage{}
		isObject := json.Unmarshal(doc, &decoded) == nil && string(trimmed(doc)) != "null"
		if placed != isObject || placed && !json.Valid(changed) {
			t.Fatalf("placed %v: %s", placed, changed)
		}
		if want, ok := decoded["a"]; ok != found {
			t.Fatalf("found %v, want %s", found, want)
		} else if ok && !json.Valid(got) {
			t.Fatalf("found %s, want %s", got, want)
		}
	})
}

func trimmed(doc []byte) []byte {
	for len(doc) > 0 && skipSpace(doc, 0) > 0 {
		doc = doc[1:]
	}
	return doc[:min(len(doc), 4)]
}
