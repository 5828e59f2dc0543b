package rotation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/words"
)

// KeyID is an access key id. It prints as its last four characters; MarshalJSON
// keeps it whole, because the journal needs it.
type KeyID string

// ErrNoKeyID is what ParseKeyID says of a text, and why.
var ErrNoKeyID = errors.New("something that isn't an access key id")

// ParseKeyID reads an access key id as IAM writes them: 16 to 128 characters, by the
// API, and all of them capital letters and digits. An empty text is no key. Whatever
// somebody else has written becomes a KeyID here alone: a masked or mistyped id is
// like no key's, and would count as somebody else's. Access keys of IAM users begin
// with AKIA; those that AWS made before it wrote so are accepted, and what begins like
// another of its ids is not. X and 0 are what ids are masked with: six of one in a row
// are no id. Letters and digits in place of others can't be found out. The error
// quotes nothing, since it may be a secret that stands in the wrong place.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyMetadata.html
func ParseKeyID(text string) (KeyID, error) {
	isOdd := func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') }
	odd := strings.IndexFunc(text, isOdd)
	switch {
	case text == "":
		return "", nil
	case odd >= 0:
		return "",
			fmt.Errorf("%w: %s is in it, and an id has only capital letters and digits", ErrNoKeyID, inWords(text[odd]))
	case len(text) < 16 || len(text) > 128:
		return "", fmt.Errorf("%w: it has %d characters, and an id has 16 to 128", ErrNoKeyID, len(text))
	case strings.Contains(text, "XXXXXX") || strings.Contains(text, "000000"):
		return "", fmt.Errorf("%w: it is masked", ErrNoKeyID)
	case slices.Contains(otherIDs, text[:4]):
		return "", fmt.Errorf("%w: it is an id of another kind", ErrNoKeyID)
	}
	return KeyID(text), nil
}

// otherIDs are how AWS's ids of other things begin: ASIA is a temporary key's.
var otherIDs = []string{"ABIA", "ACCA", "AGPA", "AIDA", "AIPA", "ANPA", "ANVA", "APKA", "AROA", "ASCA", "ASIA"}

// inWords tells of a character without showing it, unless it hides others.
func inWords(c byte) string {
	switch {
	case c == '*':
		return "an asterisk"
	case c == ' ':
		return "a space"
	case c >= 'a' && c <= 'z':
		return "a small letter"
	}
	return "another character"
}

// UnmarshalText reads an id in JSON.
func (id *KeyID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseKeyID(string(text))
	return err
}

// String shows the last four characters.
func (id KeyID) String() string {
	if len(id) <= 4 {
		return "****"
	}
	return "****" + string(id[len(id)-4:])
}

// Text is the id in a sentence.
func (id KeyID) Text() words.Text { return words.KeyText(id.String()) }

// KeyStatus is what IAM says of an access key.
type KeyStatus string

// The states of an access key in IAM.
const (
	Active   KeyStatus = "Active"
	Inactive KeyStatus = "Inactive"
	// Gone is what a key is seen as that IAM does not list.
	Gone KeyStatus = "gone"
)

// AccessKey is an access key of the IAM user, without its secret.
type AccessKey struct {
	ID        KeyID
	Status    KeyStatus
	CreatedAt time.Time
}

// NewAccessKey is IAM's answer to a creation, the only time it gives the secret.
type NewAccessKey struct {
	AccessKey
	Secret Secret
}

// statusIn is what a list says of a key.
func statusIn(keys []AccessKey, id KeyID) KeyStatus {
	if key, exists := findKey(keys, id); exists {
		return key.Status
	}
	return Gone
}

// createdAt is when a key was created, the zero time when it is not listed.
func createdAt(keys []AccessKey, id KeyID) time.Time {
	key, _ := findKey(keys, id)
	return key.CreatedAt.UTC()
}

// findKey returns the key with the id, and whether there is one.
func findKey(keys []AccessKey, id KeyID) (AccessKey, bool) {
	for _, key := range keys {
		if id != "" && key.ID == id {
			return key, true
		}
	}
	return AccessKey{}, false
}
