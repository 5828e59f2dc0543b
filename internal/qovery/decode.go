package qovery

import (
	"encoding/json"
	"errors"
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// malformed makes the error for an answer of 2xx that is not what it should be.
func malformed(e endpoint, err error) error {
	if errors.Is(err, rotation.ErrNoKeyID) {
		return fault.Errorf(fault.UnreadableKeyID, "%s: %v", e.doing, err)
	}
	return fault.Errorf(fault.MalformedAnswer, "%s: the answer is not what Qovery's API describes: %v", e.doing, err)
}

// decode reads JSON. What the decoder says is put in other words, because it
// quotes the answer.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return fmt.Errorf("%q has another type than it should", wrongType.Field)
	}
	return errors.New("it isn't JSON")
}

// decodeList reads {"results":[...]}. An absent list is not an empty one.
func decodeList[T any](body []byte) ([]T, error) {
	var list struct {
		Results []T `json:"results"`
	}
	if err := decode(body, &list); err != nil {
		return nil, err
	}
	if list.Results == nil {
		return nil, errors.New(`there are no "results"`)
	}
	return list.Results, nil
}

// shownID is an id as a part of a sentence, " (id)". What is no UUID is not
// shown: it could be anything that the server was sent.
func shownID(id string) string {
	if !target.IsUUID(id) {
		return ""
	}
	return " (" + id + ")"
}
