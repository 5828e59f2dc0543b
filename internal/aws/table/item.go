package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/strictjson"
)

// item is an item of the table.
type item = map[string]types.AttributeValue

const (
	userAttribute   = "iamUser" // the record's own attribute
	recordAttribute = "record"
	active          = "ACTIVE"
	historyPrefix   = "ROTATION#"

	// sortable writes times so that text sorts as time does: RFC 3339 in UTC
	// with all nine digits of the fraction.
	sortable = "2006-01-02T15:04:05.000000000Z"
)

func historyKey(takenAt time.Time, rotationID string) string {
	return historyPrefix + takenAt.UTC().Format(sortable) + "#" + rotationID
}

func key(iamUser, record string) item {
	return item{userAttribute: &types.AttributeValueMemberS{Value: iamUser},
		recordAttribute: &types.AttributeValueMemberS{Value: record}}
}

// ending is what a history item has beside its record's attributes. It mirrors
// rotation.HistoryItem, whose "record" is the table's sort key.
type ending struct {
	Outcome rotation.Outcome  `json:"outcome"`
	EndedAt time.Time         `json:"endedAt"`
	Summary *rotation.Summary `json:"summary,omitempty"`
}

// sortKey is what every item has beside its document.
type sortKey struct {
	SortKey string `json:"record"`
}

func encodeRecord(record rotation.Record) (item, error) {
	encoded, err := toItem(record)
	if err != nil {
		return nil, err
	}
	maps.Copy(encoded, key(record.IAMUser, active))
	return encoded, nil
}

func encodeHistory(history rotation.HistoryItem) (item, error) {
	encoded, err := toItem(history.Record)
	if err != nil {
		return nil, err
	}
	end, err := toItem(ending{history.Outcome, history.EndedAt, history.Summary})
	if err != nil {
		return nil, err
	}
	maps.Copy(encoded, end)
	maps.Copy(encoded, key(history.Record.IAMUser, historyKey(history.Record.TakenAt, history.Record.RotationID)))
	return encoded, nil
}

// decodeRecord reads an open record. An attribute that this version does not
// know, and would lose with its next write, may be the one that forbids a deletion.
func decodeRecord(found item, iamUser string) (rotation.Record, error) {
	var stored struct {
		rotation.Record
		sortKey
	}
	if err := fromItem(found, &stored); err != nil {
		return rotation.Record{}, err
	}
	return checked(stored.Record, iamUser)
}

// decodeHistory reads what ended. An attribute that this version does not know may
// be the one that says what it was.
func decodeHistory(found item, iamUser string) (rotation.HistoryItem, error) {
	var stored struct {
		rotation.Record
		ending
		sortKey
	}
	if err := fromItem(found, &stored); err != nil {
		return rotation.HistoryItem{}, err
	}
	record, err := checked(stored.Record, iamUser)
	if err == nil && (stored.Outcome == "" || stored.EndedAt.IsZero()) {
		err = errors.New("an item of the history does not tell how or when the rotation ended")
	}
	return rotation.HistoryItem{Record: record, Outcome: stored.Outcome, EndedAt: stored.EndedAt, Summary: stored.Summary},
		err
}

// checked refuses a record without what every record has.
func checked(record rotation.Record, iamUser string) (rotation.Record, error) {
	if record.IAMUser != iamUser || record.Revision < 1 || record.Target == "" || record.RotationID == "" ||
		record.TakenAt.IsZero() {
		return rotation.Record{}, errors.New("an item lacks its user, revision, target, rotation id or time")
	}
	if !record.Kind.Known() {
		return rotation.Record{}, fmt.Errorf("an item is of a kind %q (a later version of this system may have written it)",
			record.Kind)
	}
	return record.Clone(), nil
}

// toItem turns a document into attributes by way of its JSON, so that times keep
// their nanoseconds and a table shows the names that logs and documents show.
func toItem(document any) (item, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	return toMap(fields), nil
}

func fromItem(found item, document any) error {
	fields, err := fromMap(found)
	if err != nil {
		return err
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if mistakes := strictjson.Read("", data, document, nil); len(mistakes) > 0 {
		return fmt.Errorf("an item cannot be read: %s (a later version of this system may have written it)",
			strictjson.Line(strictjson.Err(mistakes)))
	}
	return nil
}
