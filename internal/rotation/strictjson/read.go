package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"

	"qovery-key-rotation/internal/words"
)

// reader collects the mistakes on its way through a value.
type reader struct{ found []*Mistake }

func (r *reader) add(path, problem string, example reflect.Value) {
	r.found = append(r.found, &Mistake{path, problem, shown(example)})
}

// read reads a value, which is valid JSON, into one of Go's.
func (r *reader) read(path string, value json.RawMessage, into, example reflect.Value) {
	if text, isText := into.Addr().Interface().(encoding.TextUnmarshaler); isText {
		r.readText(path, value, text, example)
		return
	}
	kind := kindOf(value)
	switch {
	case into.Type() == rawMessage:
		into.SetBytes(value)
	case kind == null && hasNil(into):
		into.SetZero()
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		r.read(path, value, into.Elem(), reflect.Indirect(example))
	case into.Kind() == reflect.Struct && kind == object:
		r.readObject(path, value, into, example)
	case into.Kind() == reflect.Map && kind == object:
		r.readMap(path, value, into)
	case into.Kind() == reflect.Slice && kind == list:
		r.readList(path, value, into, example)
	case into.Kind() == reflect.Interface:
		r.readAny(path, value, into)
	default:
		r.readSimple(path, value, into, example)
	}
}

var rawMessage = reflect.TypeFor[json.RawMessage]()

func hasNil(into reflect.Value) bool {
	switch into.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	}
	return false
}

// longestProblem bounds what others say of a value, which they may quote.
const longestProblem = 200

// readText is for what is written as text and parses itself, as durations and
// times do.
func (r *reader) readText(path string, value json.RawMessage, into encoding.TextUnmarshaler, example reflect.Value) {
	if kind := kindOf(value); kind != text {
		r.add(path, fmt.Sprintf("is %s, not %s", kind, text), example)
		return
	}
	if err := into.UnmarshalText([]byte(unquote(value))); err != nil {
		r.add(path, words.Short(err.Error(), longestProblem), example)
	}
}

func (r *reader) readObject(path string, value json.RawMessage, into, example reflect.Value) {
	fields := fieldsOf(into.Type())
	for _, m := range r.members(path, value) {
		index, known := fields[m.name]
		if !known {
			r.found = append(r.found, &Mistake{m.path, "is no field that is known", nearest(m.name, fields)})
			continue
		}
		r.read(m.path, m.value, into.FieldByIndex(index), fieldOf(example, m.name))
	}
}

func (r *reader) readMap(path string, value json.RawMessage, into reflect.Value) {
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	for _, m := range r.members(path, value) {
		element := reflect.New(into.Type().Elem()).Elem()
		r.read(m.path, m.value, element, reflect.Value{})
		into.SetMapIndex(reflect.ValueOf(m.name).Convert(into.Type().Key()), element)
	}
}

func (r *reader) readList(path string, value json.RawMessage, into, example reflect.Value) {
	items := decoded[[]json.RawMessage](value)
	into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
	for i, item := range items {
		r.read(fmt.Sprintf("%s[%d]", path, i), item, into.Index(i), firstOf(example))
	}
}

// readAny reads what has no type to be held against.
func (r *reader) readAny(path string, value json.RawMessage, into reflect.Value) {
	switch kindOf(value) {
	case object:
		fields := map[string]any{}
		r.readMap(path, value, reflect.ValueOf(&fields).Elem())
		into.Set(reflect.ValueOf(fields))
	case list:
		items := []any{}
		r.readList(path, value, reflect.ValueOf(&items).Elem(), reflect.Value{})
		into.Set(reflect.ValueOf(items))
	default:
		if json.Unmarshal(value, into.Addr().Interface()) != nil {
			r.add(path, tooLarge, reflect.Value{})
		}
	}
}

// readSimple reads texts, numbers and flags; whatever else is in their place, or
// they in place of something else, is a mistake.
func (r *reader) readSimple(path string, value json.RawMessage, into, example reflect.Value) {
	kind, want := kindOf(value), wanted(into.Kind())
	switch err := json.Unmarshal(value, into.Addr().Interface()); {
	case err == nil && kind != null:
	case kind == number && want == wholeNumber:
		r.add(path, tooLarge, example)
	default:
		r.add(path, fmt.Sprintf("is %s, not %s", kind, want), example)
	}
}

const tooLarge = "is too large a number"

// member is one of an object's.
type member struct {
	path, name string
	value      json.RawMessage
}

// members are an object's, in their order, without those whose name was there
// before: which of them counts, nobody can tell.
func (r *reader) members(path string, value json.RawMessage) []member {
	var all []member
	seen := map[string]bool{}
	decoder := json.NewDecoder(bytes.NewReader(value))
	next(decoder) // the brace
	for decoder.More() {
		m := member{}
		m.name, _ = next(decoder).(string)
		mustNot(decoder.Decode(&m.value))
		if m.path = shownName(m.name); path != "" {
			m.path = path + "." + m.path
		}
		if seen[m.name] {
			r.found = append(r.found, &Mistake{m.path, "is there more than once", "one " + words.Quote(m.name)})
			continue
		}
		seen[m.name] = true
		all = append(all, m)
	}
	return all
}

// shownName is a name as it stands in a path: quoted where it would not be seen, or
// would not end.
func shownName(name string) string {
	if quoted := words.Quote(name); name == "" || quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

func next(decoder *json.Decoder) json.Token {
	token, err := decoder.Token()
	mustNot(err)
	return token
}

func unquote(value json.RawMessage) string { return decoded[string](value) }

// decoded decodes what is known to be valid JSON of that kind.
func decoded[T any](value json.RawMessage) T {
	var into T
	mustNot(json.Unmarshal(value, &into))
	return into
}

func mustNot(err error) {
	if err != nil {
		panic("strictjson: valid JSON could not be decoded: " + err.Error())
	}
}
