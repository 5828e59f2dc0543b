package target

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/words"
)

// Duration is a time.Duration that is written as people write it: "2h", "90m".
type Duration time.Duration

// String drops the zero parts that time.Duration prints: 2h, not 2h0m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the short form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New(words.Quote(string(text)) + " is not a duration such as 2h or 90m")
	}
	*d = Duration(parsed)
	return nil
}

// Seconds is a duration as programs read it: in seconds.
type Seconds time.Duration

// String is how people read it.
func (s Seconds) String() string { return Duration(s).String() }

// MarshalJSON writes whole seconds.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, int64(time.Duration(s)/time.Second), 10), nil
}
