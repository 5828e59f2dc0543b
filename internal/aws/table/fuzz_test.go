package table_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	awstable "qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

// oneItem is a table with one item: it answers reads with the item, and keeps
// what is written.
type oneItem struct {
	status  int
	answer  []byte
	undated bool // its answers have no date
}

// Do answers.
func (s *oneItem) Do(r *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if !s.undated {
		recorder.Header().Set("Date", answeredAt.Format(http.TimeFormat))
	}
	recorder.WriteHeader(s.status)
	var write struct{ Item json.RawMessage }
	if json.Unmarshal(sent, &write) == nil && write.Item != nil {
		s.answer = append(append([]byte(`{"Item":`), write.Item...), '}')
		_, _ = recorder.WriteString(`{}`)
	} else {
		_, _ = recorder.Write(s.answer)
	}
	return recorder.Result(), nil
}

// answeredAt is the date of its answers.
var answeredAt = time.Date(2026, 1, 2, 3, 4, 7, 0, time.UTC)

func (s *oneItem) journal() *awstable.Journal {
	cfg := awstest.Config("http://127.0.0.1:1")
	cfg.HTTPClient = s
	return awstable.New(cfg, table)
}

// stored is a record as DynamoDB has it.
func stored(f *testing.F, record rotation.Record) []byte {
	f.Helper()
	store := &oneItem{status: http.StatusOK}
	if err := store.journal().Save(f.Context(), record); err != nil {
		f.Fatal(err)
	}
	return store.answer
}

var _ aws.HTTPClient = (*oneItem)(nil)

// An item is a record of that user which survives being saved, or an error; and
// there is none only where no item was answered.
func FuzzRecord(f *testing.F) {
	item := stored(f, aRecord("qovery"))
	f.Add(item)
	for old, changed := range map[string]string{
		`"qovery"`: `"somebody"`, `"S":"ACTIVE"`: `"N":"1"`, `"N":"7"`: `"N":"7.5"`, `"M":`: `"L":`, `2026-`: `99999-`,
		`"target"`: `"TARGET"`,
		`"owner"`:  `"ofALaterVersion"`, `"AKIAOLDOLDOLDOLDOLD1"`: `null`, `Z"`: `+23:59"`,
	} {
		f.Add(bytes.ReplaceAll(item, []byte(old), []byte(changed)))
	}
	for _, answer := range []string{
		``, `"`, `{}`, `null`, `{"Item":null}`, `{"Item":{}}`, `{"Item":[]}`, `{"ConsumedCapacity":{"CapacityUnits":1}}`,
		`{"Item":null,"ConsumedCapacity":{}}`, `{"Item":{"iamUser":{"S":"qovery"},"record":{"S":"ACTIVE"}}}`,
		`{"Item":{"marks":{"M":{"create":{"NULL":true}}}}}`,
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		store := &oneItem{status: http.StatusOK, answer: answer}
		record, err := store.journal().Load(t.Context(), "qovery")
		switch {
		case err != nil:
			// A text that ends too early is like an answer that was cut off.
			if record != nil || !fault.HasCode(err, fault.MalformedAnswer) &&
				!fault.HasCode(err, fault.Unreachable) {
				t.Errorf("%v, %v", record, err)
			}
		case record == nil:
			var answered struct{ Item map[string]any }
			if json.Unmarshal(answer, &answered); len(answered.Item) != 0 {
				t.Errorf("%s is taken for no item", answer)
			}
		case record.IAMUser != "qovery" || record.Revision < 1 || record.Target == "" || record.RotationID == "" ||
			record.TakenAt.IsZero() || record.Marks == nil:
			t.Errorf("%+v is taken for a record", record)
		default:
			loseNothing(t, answer)
			survives(t, store, *record)
		}
	})
}

// loseNothing: an item with an attribute that a record has not, and that would be
// lost when it is saved, is none of this version's.
func loseNothing(t *testing.T, answer []byte) {
	t.Helper()
	known := map[string]bool{"record": true}
	for field := range reflect.TypeFor[rotation.Record]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		known[name] = name != "-"
	}
	var answered struct{ Item map[string]any }
	if json.Unmarshal(answer, &answered) != nil {
		return
	}
	for name, value := range answered.Item {
		if value != nil && !known[name] {
			t.Errorf("the attribute %q would be lost", name)
		}
	}
}

// A record whose answer has no date tells no time, and leases need it.
func TestAnAnswerWithoutADate(t *testing.T) {
	store := &oneItem{status: http.StatusOK}
	if err := store.journal().Save(t.Context(), aRecord("qovery")); err != nil {
		t.Fatal(err)
	}
	if record, err := store.journal().Load(t.Context(), "qovery"); err != nil || !record.ReadAt.Equal(answeredAt) {
		t.Errorf("%+v, %v", record, err)
	}
	store.undated = true
	if record, err := store.journal().Load(t.Context(), "qovery"); record != nil ||
		!fault.HasCode(err, fault.MalformedAnswer) {
		t.Errorf("%+v, %v", record, err)
	}
}

func survives(t *testing.T, store *oneItem, record rotation.Record) {
	t.Helper()
	if err := store.journal().Save(t.Context(), record); err != nil {
		t.Fatalf("loaded, and cannot be saved: %v", err)
	}
	again, err := store.journal().Load(t.Context(), "qovery")
	if err != nil {
		t.Fatalf("saved, and cannot be loaded: %v", err)
	}
	want, _ := json.Marshal(record)
	got, _ := json.Marshal(again)
	if !bytes.Equal(got, want) ||
		!reflect.DeepEqual(again.Marks[rotation.Create].Begun.UTC(), record.Marks[rotation.Create].Begun.UTC()) {
		t.Errorf("it was\n%s, and came back as\n%s", want, got)
	}
}

// Whatever DynamoDB answers, there is an answer or an error of the domain; an
// absent list is no empty history.
func FuzzAnswers(f *testing.F) {
	item := rotation.HistoryItem{Record: aRecord("qovery"), Outcome: rotation.Completed, EndedAt: takenAt}
	operations := []func(t *testing.T, j *awstable.Journal, body []byte) error{
		func(t *testing.T, j *awstable.Journal, body []byte) error {
			items, err := j.History(t.Context(), "qovery")
			if (items == nil) != (err != nil) {
				t.Errorf("%v, %v", items, err)
			}
			if err == nil && !bytes.Contains(body, []byte("[")) {
				t.Errorf("%s is taken for a list", body)
			}
			return err
		},
		func(t *testing.T, j *awstable.Journal, _ []byte) error {
			_, err := j.Ended(t.Context(), "qovery", takenAt, "one")
			return err
		},
		func(t *testing.T, j *awstable.Journal, _ []byte) error { return j.Close(t.Context(), item) },
	}
	for i := range operations {
		for _, body := range []string{
			``, `"`, `{}`, `null`, `{"Items":null}`, `{"Items":[]}`, `{"Items":[null]}`, `{"Items":[{}]}`,
			`{"Items":[],"LastEvaluatedKey":{"record":{"S":"x"}}}`,
			`{"Item":{"iamUser":{"S":"qovery"},"revision":{"N":"3"},"target":{"S":"production"},"rotationId":{"S":"one"},` +
				`"takenAt":{"S":"2026-01-02T03:04:05Z"},"outcome":{"S":"completed"},"endedAt":{"S":"2026-01-02T08:04:05Z"}}}`,
		} {
			f.Add(uint8(i), uint16(0), []byte(body))
		}
		for _, code := range []string{"ResourceNotFoundException", "TransactionCanceledException",
			"ConditionalCheckFailedException", "ThrottlingException", "Oh no"} {
			f.Add(uint8(i), uint16(200), []byte(`{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`","message":"no",`+
				`"CancellationReasons":[{"Code":"ConditionalCheckFailed"},null]}`))
		}
	}
	f.Fuzz(func(t *testing.T, operation uint8, status uint16, body []byte) {
		store := &oneItem{status: 200 + int(status%400), answer: body}
		err := operations[int(operation)%len(operations)](t, store.journal(), body)
		var coded *fault.Error
		switch {
		case err == nil && store.status > 299:
			t.Errorf("%d is taken for a success", store.status)
		case err != nil && !errors.Is(err, rotation.ErrConflict) && !(errors.As(err, &coded) && coded.Code != ""):
			t.Errorf("%v has no code", err)
		}
	})
}
