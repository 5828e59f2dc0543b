package statemachine

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Choice is one rule of a Choice state. The first rule whose condition holds decides.
type Choice struct {
	// Condition is the rule in words, such as "status = DONE".
	Condition string
	Next      string

	Variable Path
	Holds    func(value json.RawMessage) bool // false for a value of another type
}

// readChoice reads a rule, which compares one variable with a text or with true or false.
func readChoice(f *fields) Choice {
	c := Choice{Next: f.required("Next"), Variable: f.path("Variable")}
	name := strings.TrimPrefix(c.Variable.Text, "$.")
	switch {
	case f.has("StringEquals"):
		text := f.text("StringEquals")
		c.Condition = name + " = " + text
		c.Holds = func(value json.RawMessage) bool { return len(value) > 0 && value[0] == '"' && keyIs(value, text) }
	case f.has("BooleanEquals"):
		flag := f.flag("BooleanEquals")
		if c.Condition = name; !flag {
			c.Condition = "not " + name
		}
		c.Holds = func(value json.RawMessage) bool { return string(value) == strconv.FormatBool(flag) }
	default:
		f.lack("StringEquals or BooleanEquals")
	}
	f.adopt(f.close())
	return c
}
