package rotation

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a secret access key or an API token. However it is printed,
// marshalled or logged, it shows as [redacted]; Reveal alone gives it away, and
// only requests to IAM, STS, SSM and Qovery call that.
//
// The value is behind a function because fmt, which cannot call the methods of a
// field that is not exported, prints the content of such a field.
type Secret struct{ reveal func() string }

// NewSecret wraps a secret value.
func NewSecret(value string) Secret { return Secret{func() string { return value }} }

// Reveal returns the value itself, empty for the zero Secret.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty tells whether there is no value.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Equal tells whether two secrets have the same value.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String redacts.
func (s Secret) String() string { return redacted }

// GoString redacts %#v.
func (s Secret) GoString() string { return redacted }

// Format redacts every verb, %x and %v included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON redacts; a secret is never marshalled by accident.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue redacts in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
