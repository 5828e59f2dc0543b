package statemachine

import (
	"bytes"
	"encoding/json"
)

// Documents stay JSON text while they pass through an execution. Most paths lead to the whole document or to one of
// its top-level fields; finding those by scanning costs far less than decoding a large document and encoding it again.
// The scanner takes valid JSON for granted, and answers "not found" for anything else instead of failing.

// eachMember visits the members of the JSON object doc until visit returns false. The key is raw, with its quotes; the
// value is doc[start:end]. It reports whether doc is an object that could be read.
func eachMember(doc []byte, visit func(key []byte, start, end int) bool) bool {
	i := skipSpace(doc, 0)
	if i >= len(doc) || doc[i] != '{' {
		return false
	}
	i = skipSpace(doc, i+1)
	if i < len(doc) && doc[i] == '}' {
		return true
	}
	for i < len(doc) && doc[i] == '"' {
		keyEnd := stringEnd(doc, i)
		colon := skipSpace(doc, keyEnd)
		if colon >= len(doc) || doc[colon] != ':' {
			return false
		}
		start := skipSpace(doc, colon+1)
		end := valueEnd(doc, start)
		if end == start {
			return false
		}
		if !visit(doc[i:keyEnd], start, end) {
			return true
		}
		i = skipSpace(doc, end)
		if i < len(doc) && doc[i] == '}' {
			return true
		}
		if i >= len(doc) || doc[i] != ',' {
			return false
		}
		i = skipSpace(doc, i+1)
	}
	return false
}

// member is the value of one member of the object doc. Documents come from encoders, which write a key once.
func member(doc []byte, name string) (json.RawMessage, bool) {
	start, end := memberSpan(doc, name)
	if end == 0 {
		return nil, false
	}
	return doc[start:end:end], true
}

func memberSpan(doc []byte, name string) (from, to int) {
	eachMember(doc, func(key []byte, start, end int) bool {
		if keyIs(key, name) {
			from, to = start, end
		}
		return to == 0
	})
	return from, to
}

// WithMember is the object doc with one member replaced or appended, and whether doc is an object at all.
func WithMember(doc []byte, name string, value json.RawMessage) (json.RawMessage, bool) {
	last, count := 0, 0
	if !eachMember(doc, func(_ []byte, _, end int) bool { last = end; count++; return true }) {
		return nil, false
	}
	if start, end := memberSpan(doc, name); end != 0 {
		out := make([]byte, 0, len(doc)-(end-start)+len(value))
		return append(append(append(out, doc[:start]...), value...), doc[end:]...), true
	}
	out := make([]byte, 0, len(doc)+len(name)+len(value)+4)
	if count == 0 {
		out = append(out, '{')
	} else {
		out = append(append(out, doc[:last]...), ',')
	}
	out = append(append(out, Encode(name)...), ':')
	return append(append(out, value...), '}'), true
}

func keyIs(key []byte, name string) bool {
	if bytes.IndexByte(key, '\\') < 0 {
		return string(key[1:len(key)-1]) == name
	}
	return Unquote(key) == name
}

// Unquote is the text of a JSON string.
func Unquote(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// Encode is a value as JSON without the escapes that only HTML needs. It is for values that always encode.
func Encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func skipSpace(doc []byte, i int) int {
	for i < len(doc) && (doc[i] == ' ' || doc[i] == '\n' || doc[i] == '\r' || doc[i] == '\t') {
		i++
	}
	return i
}

// stringEnd is the index after the string that starts at i.
func stringEnd(doc []byte, i int) int {
	for i++; i < len(doc); i++ {
		switch doc[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(doc)
}

// valueEnd is the index after the value that starts at i, and i itself where there is none.
func valueEnd(doc []byte, i int) int {
	depth := 0
	for ; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			i = stringEnd(doc, i) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of a scalar that is its parent's last
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
		}
	}
	return len(doc)
}
