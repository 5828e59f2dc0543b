package words

import (
	"fmt"
	"log/slog"
	"strings"
)

// Text is what a step says. The ids of keys in it are data: what shows the text
// decides how much of them people see. A step has their last four characters written, and
// who knows the keys writes them out.
type Text string

// mark is before and behind an id. It can't be seen, should a text be shown as it is.
const mark = "\u2063"

// KeyText is a text of nothing but a key's id, or as much of it as may be shown.
func KeyText(id string) Text { return Text(mark + id + mark) }

// Textf makes a text as fmt.Sprintf does. Ids stay data in it, also those of texts that it
// is made of.
func Textf(format string, args ...any) Text {
	made := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case Text:
			made[i] = string(arg)
		case interface{ Text() Text }:
			made[i] = string(arg.Text())
		case string:
			made[i] = strings.ReplaceAll(arg, mark, "") // of someone else
		default:
			made[i] = arg
		}
	}
	return Text(fmt.Sprintf(format, made...))
}

// With is the text with each id as the function has it.
func (t Text) With(shown func(id string) string) string {
	parts := strings.Split(string(t), mark)
	for i := 1; i < len(parts); i += 2 { // every other part is an id
		parts[i] = shown(parts[i])
	}
	return strings.Join(parts, "")
}

// AsSaid shows an id as the step had it.
func AsSaid(id string) string { return id }

// String is the text with the ids as the step had them.
func (t Text) String() string { return t.With(AsSaid) }

// LogValue is what logs have of it.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
