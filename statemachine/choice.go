package statemachine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Choice is one rule of a Choice state. The first rule whose condition holds decides.
type Choice struct {
	// Condition is the rule in words, such as "status = DONE".
	Condition string
	Next      string

	rule condition
}

// condition is a comparison of one variable, or a combination of conditions.
type condition struct {
	operator string
	variable path
	text     string
	number   float64
	flag     bool
	parts    []condition
}

var comparisons = []string{
	"StringEquals", "BooleanEquals", "IsPresent",
	"NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
}

func readChoice(f *fields) Choice {
	c := Choice{Next: f.required("Next"), rule: readCondition(f)}
	c.Condition = c.rule.String()
	return c
}

// readCondition reads a rule or a part of one. Only the outermost has a Next, which its reader took before.
func readCondition(f *fields) condition {
	f.take("Comment")
	var c condition
	switch {
	case f.has("And"):
		c = readCombination(f, "And")
	case f.has("Or"):
		c = readCombination(f, "Or")
	case f.has("Not"):
		raw, _ := f.take("Not")
		part := readFields(f.where+", Not", raw)
		c = condition{operator: "Not", parts: []condition{readCondition(part)}}
		f.adopt(part.err)
	default:
		c = readComparison(f)
	}
	f.adopt(f.closeAs("comparison operator %q is not supported"))
	return c
}

func readCombination(f *fields, operator string) condition {
	c := condition{operator: operator}
	if f.each(operator, func(_ int, part *fields) { c.parts = append(c.parts, readCondition(part)) }) == 0 {
		f.fail("field %q must not be empty", operator)
	}
	return c
}

func readComparison(f *fields) condition {
	c := condition{variable: f.neededPath("Variable")}
	for _, operator := range comparisons {
		if !f.has(operator) {
			continue
		}
		if c.operator != "" {
			f.fail("has both %s and %s", c.operator, operator)
		}
		c.operator = operator
		switch operator {
		case "StringEquals":
			c.text = f.text(operator)
		case "BooleanEquals", "IsPresent":
			c.flag = f.flag(operator)
		default:
			f.decode(operator, &c.number, "a number")
		}
	}
	if c.operator == "" {
		f.adopt(f.closeAs("comparison operator %q is not supported"))
		f.fail("has no comparison operator")
	}
	return c
}

// holds evaluates the condition. And and Or stop as soon as they know, so that an IsPresent guards what follows it.
func (c *condition) holds(resolve resolver) (bool, error) {
	switch c.operator {
	case "Not":
		held, err := c.parts[0].holds(resolve)
		return !held, err
	case "And", "Or":
		decisive := c.operator == "Or"
		for i := range c.parts {
			held, err := c.parts[i].holds(resolve)
			if err != nil || held == decisive {
				return held, err
			}
		}
		return !decisive, nil
	}
	value, present := resolve(c.variable)
	if c.operator == "IsPresent" {
		return present == c.flag, nil
	}
	if !present {
		return false, fmt.Errorf("Invalid path '%s': The choice state's condition path references an invalid value.", c.variable.text)
	}
	return c.compare(value), nil
}

// compare is false, not an error, for a value of another type.
func (c *condition) compare(value json.RawMessage) bool {
	switch c.operator {
	case "StringEquals":
		return len(value) > 0 && value[0] == '"' && keyIs(value, c.text)
	case "BooleanEquals":
		return string(value) == strconv.FormatBool(c.flag)
	}
	n, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return false
	}
	switch c.operator {
	case "NumericEquals":
		return n == c.number
	case "NumericLessThan":
		return n < c.number
	case "NumericLessThanEquals":
		return n <= c.number
	case "NumericGreaterThan":
		return n > c.number
	default: // NumericGreaterThanEquals
		return n >= c.number
	}
}

// String is the condition in words, without signs that mean something to Mermaid.
func (c condition) String() string {
	name := strings.TrimLeft(c.variable.text, "$.")
	number := strconv.FormatFloat(c.number, 'g', -1, 64)
	switch c.operator {
	case "And", "Or":
		return c.joined(" " + strings.ToLower(c.operator) + " ")
	case "Not":
		return "not " + c.parts[0].grouped()
	case "StringEquals":
		return name + " = " + c.text
	case "BooleanEquals":
		return choose(c.flag, name, "not "+name)
	case "IsPresent":
		return name + choose(c.flag, " is present", " is absent")
	case "NumericEquals":
		return name + " = " + number
	case "NumericLessThan":
		return name + " under " + number
	case "NumericLessThanEquals":
		return name + " at most " + number
	case "NumericGreaterThan":
		return name + " over " + number
	default:
		return name + " at least " + number
	}
}

func (c condition) joined(with string) string {
	words := make([]string, len(c.parts))
	for i, part := range c.parts {
		words[i] = part.grouped()
	}
	return strings.Join(words, with)
}

func (c condition) grouped() string {
	if slices.Contains([]string{"And", "Or"}, c.operator) && len(c.parts) > 1 {
		return "(" + c.String() + ")"
	}
	return c.String()
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
