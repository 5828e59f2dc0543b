package qovery

import (
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// heldKey is the access key id that stands in a location, "" where there is none. In
// a location of AWS it must be one: what is masked or mistyped may be the very key
// that is to be deleted. What another cloud calls so is no key of AWS.
func heldKey(text string, ofAWS bool, ref rotation.LocationRef) (rotation.KeyID, error) {
	id, err := rotation.ParseKeyID(text)
	if err != nil && ofAWS {
		return "", fmt.Errorf("%s %q%s holds %w", ref.Kind, words.Line(ref.Name), shownID(ref.ID), err)
	}
	return id, nil
}
