package rotation

import "time"

// KeyID is an access key id. It prints as its last four characters; MarshalJSON
// keeps it whole, because the journal needs it.
type KeyID string

// String shows the last four characters.
func (id KeyID) String() string {
	if len(id) <= 4 {
		return "****"
	}
	return "****" + string(id[len(id)-4:])
}

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
