package table_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	awstable "qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
	"qovery-key-rotation/internal/test/rotationtest"
)

const table = "journal"

var takenAt = time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

func TestAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	createTable(t, cfg)
	rotationtest.Journal(t, rotationtest.RealTime(), func(*testing.T) rotation.Journal { return awstable.New(cfg, table) })
	t.Run("attributes", func(t *testing.T) { attributes(t, cfg) })
	t.Run("no table", func(t *testing.T) { noTable(t, cfg) })
	t.Run("what a person wrote", func(t *testing.T) { handwritten(t, cfg) })
	t.Run("memory", func(t *testing.T) { remembers(t, cfg) })
}

// note is a document such as an audit keeps.
type note struct {
	At   time.Time         `json:"at"`
	Told map[string]string `json:"told"`
}

// remembers: a target's memory is a document of its own, beside the records of
// IAM users, and is replaced as a whole.
func remembers(t *testing.T, cfg aws.Config) {
	journal := awstable.New(cfg, table)
	if err := journal.Save(t.Context(), aRecord("staging")); err != nil {
		t.Fatal(err)
	}
	read := note{Told: map[string]string{"as": "it was"}}
	if err := journal.Recall(t.Context(), "staging", &read); err != nil || read.Told["as"] != "it was" {
		t.Errorf("nothing is remembered: %+v, %v", read, err)
	}
	for _, told := range []map[string]string{{"drift#AKIAOLDOLDOLDOLDOLD1": "Inactive", "open#r1": ""}, {}} {
		if err := journal.Remember(t.Context(), "staging", note{takenAt, told}); err != nil {
			t.Fatal(err)
		}
		read = note{}
		if err := journal.Recall(t.Context(), "staging", &read); err != nil || !read.At.Equal(takenAt) ||
			!maps.Equal(read.Told, told) {
			t.Errorf("%+v, %v, want %v", read, err, told)
		}
	}
	inKeys := strings.Replace(awstable.MemoryKeys, "*", "staging", 1)
	found, err := dynamodb.NewFromConfig(cfg).GetItem(t.Context(),
		&dynamodb.GetItemInput{TableName: aws.String(table), Key: map[string]types.AttributeValue{
			"iamUser": &types.AttributeValueMemberS{Value: inKeys}, "record": &types.AttributeValueMemberS{Value: "AUDIT"},
		}})
	if err != nil || found.Item["told"] == nil {
		t.Errorf("%s, which the audit may write, is %v, %v", inKeys, found, err)
	}
	if record, err := journal.Load(t.Context(), "staging"); err != nil || record == nil {
		t.Errorf("the record beside it: %+v, %v", record, err)
	}
	if err := journal.Recall(t.Context(), "staging", &struct{ At int }{}); !fault.HasCode(err,
		fault.MalformedAnswer) || !strings.Contains(err.Error(), "memory of the target staging") {
		t.Errorf("another kind of document: %v", err)
	}
}

func createTable(t *testing.T, cfg aws.Config) {
	t.Helper()
	text := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
	}
	_, err := dynamodb.NewFromConfig(cfg).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(table), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{text("iamUser"), text("record")},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("iamUser"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("record"), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// attributes looks at the item as the console shows it.
func attributes(t *testing.T, cfg aws.Config) {
	record := aRecord("attributes")
	if err := awstable.New(cfg, table).Save(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	read, err := dynamodb.NewFromConfig(cfg).GetItem(t.Context(),
		&dynamodb.GetItemInput{TableName: aws.String(table), Key: keyOf("attributes")})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]types.AttributeValue{
		"owner": &types.AttributeValueMemberS{Value: "arn:owner"}, "fence": &types.AttributeValueMemberN{Value: "7"},
		"takenAt": &types.AttributeValueMemberS{Value: "2026-01-02T03:04:05.0000006Z"},
		"oldKey":  &types.AttributeValueMemberS{Value: "AKIAOLDOLDOLDOLDOLD1"},
	} {
		if fmt.Sprint(read.Item[name]) != fmt.Sprint(want) {
			t.Errorf("%s is %v", name, read.Item[name])
		}
	}
	if marks, ok := read.Item["marks"].(*types.AttributeValueMemberM); !ok || marks.Value["create"] == nil {
		t.Errorf("marks are %v", read.Item["marks"])
	}
}

func noTable(t *testing.T, cfg aws.Config) {
	journal := awstable.New(cfg, "nowhere")
	_, loading := journal.Load(t.Context(), "qovery")
	_, telling := journal.History(t.Context(), "qovery")
	for _, err := range []error{loading, telling, journal.Save(t.Context(), aRecord("qovery"))} {
		if !fault.HasCode(err, fault.ConfigurationError) {
			t.Error(err)
		}
	}
}

// handwritten: an open record that cannot be understood is no "none".
func handwritten(t *testing.T, cfg aws.Config) {
	for name, change := range map[string]func(map[string]types.AttributeValue){
		"nothing but the key": func(m map[string]types.AttributeValue) { clear(m) },
		"an unknown attribute": func(m map[string]types.AttributeValue) {
			m["protectedUntil"] = &types.AttributeValueMemberS{Value: "2027-01-01T00:00:00Z"}
		},
		"a text as number": func(m map[string]types.AttributeValue) { m["fence"] = &types.AttributeValueMemberS{Value: "7"} },
		"a set": func(m map[string]types.AttributeValue) {
			m["knownKeys"] = &types.AttributeValueMemberSS{Value: []string{"AKIAOLDOLDOLDOLDOLD1"}}
		},
		"a bad time": func(m map[string]types.AttributeValue) {
			m["takenAt"] = &types.AttributeValueMemberS{Value: "yesterday"}
		},
		"no revision": func(m map[string]types.AttributeValue) { delete(m, "revision") },
	} {
		t.Run(name, func(t *testing.T) {
			user := strings.ReplaceAll(name, " ", "-")
			journal, client := awstable.New(cfg, table), dynamodb.NewFromConfig(cfg)
			if err := journal.Save(t.Context(), aRecord(user)); err != nil {
				t.Fatal(err)
			}
			stored, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(table), Key: keyOf(user)})
			if err != nil {
				t.Fatal(err)
			}
			change(stored.Item)
			for name, value := range keyOf(user) {
				stored.Item[name] = value
			}
			if _, err := client.PutItem(t.Context(),
				&dynamodb.PutItemInput{TableName: aws.String(table), Item: stored.Item}); err != nil {
				t.Fatal(err)
			}
			if record, err := journal.Load(t.Context(), user); record != nil ||
				!fault.HasCode(err, fault.MalformedAnswer) {
				t.Errorf("%+v, %v", record, err)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	item := rotation.HistoryItem{Record: aRecord("qovery"), Outcome: rotation.Completed, EndedAt: takenAt}
	for name, op := range map[string]awstest.Operation{
		"load": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := awstable.New(cfg, table).Load(ctx, "qovery")
			return err
		}},
		"ended": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := awstable.New(cfg, table).Ended(ctx, "qovery", takenAt, "one")
			return err
		}},
		"history": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := awstable.New(cfg, table).History(ctx, "qovery")
			return err
		}},
		"recall": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			return awstable.New(cfg, table).Recall(ctx, "production", &note{})
		}},
		"remember": {Call: func(ctx context.Context, cfg aws.Config) error {
			return awstable.New(cfg, table).Remember(ctx, "production", note{})
		}},
		"save": {Call: func(ctx context.Context, cfg aws.Config) error {
			return awstable.New(cfg, table).Save(ctx, aRecord("qovery"))
		}},
		"close": {Call: func(ctx context.Context, cfg aws.Config) error { return awstable.New(cfg, table).Close(ctx, item) }},
	} {
		op.Protocol = awstest.JSONProtocol
		t.Run(name, func(t *testing.T) { awstest.CheckFaults(t, op) })
	}
}

func TestCanceledTransactions(t *testing.T) {
	const prefix = "com.amazonaws.dynamodb.v20120810#"
	for name, test := range map[string]struct {
		answer awstest.Answer
		want   fault.Code // "": ErrConflict
	}{
		"condition of the first":    {canceled("ConditionalCheckFailed", "None"), ""},
		"condition of the second":   {canceled("None", "ConditionalCheckFailed"), ""},
		"condition, and a conflict": {canceled("TransactionConflict", "ConditionalCheckFailed"), ""},
		"conflict with another":     {canceled("TransactionConflict", "None"), fault.Throttled},
		"throttled":                 {canceled("None", "ThrottlingError"), fault.Throttled},
		"no capacity":               {canceled("ProvisionedThroughputExceeded", "None"), fault.Throttled},
		"not valid":                 {canceled("ValidationError", "None"), fault.MalformedAnswer},
		"without reasons": {awstest.JSONError(400, prefix+"TransactionCanceledException", "canceled"),
			fault.MalformedAnswer},
		"the same is under way": {awstest.JSONError(400, prefix+"TransactionInProgressException", ""),
			fault.Throttled},
		"reused idempotency token": {awstest.JSONError(400, prefix+"IdempotentParameterMismatchException", ""),
			fault.MalformedAnswer},
		"table's capacity, directly": {awstest.JSONError(400, prefix+"ProvisionedThroughputExceededException", ""),
			fault.Throttled},
	} {
		t.Run(name, func(t *testing.T) {
			server := awstest.Serve(t, awstest.Always(test.answer))
			item := rotation.HistoryItem{Record: aRecord("qovery"), Outcome: rotation.Completed, EndedAt: takenAt}
			err := awstable.New(awstest.Config(server.URL), table).Close(t.Context(), item)
			if test.want == "" && !errors.Is(err, rotation.ErrConflict) || test.want != "" && !fault.HasCode(err, test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

func canceled(codes ...string) awstest.Answer {
	var reasons []map[string]string
	for _, code := range codes {
		reasons = append(reasons, map[string]string{"Code": code})
	}
	body, _ := json.Marshal(map[string]any{
		"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "message": "Transaction cancelled",
		"CancellationReasons": reasons,
	})
	return awstest.JSON(400, string(body))
}

// A repetition after a lost answer carries the same token, so that DynamoDB
// knows it for what it is.
func TestCloseIsRepeatedUnderItsToken(t *testing.T) {
	server := awstest.Serve(t, awstest.InOrder(awstest.JSONError(500, "InternalServerError", ""), awstest.JSON(200, `{}`)))
	item := rotation.HistoryItem{Record: aRecord("qovery"), Outcome: rotation.Completed, EndedAt: takenAt}
	if err := awstable.New(awstest.Config(server.URL), table).Close(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for _, r := range server.Requests() {
		var request struct{ ClientRequestToken string }
		if err := json.Unmarshal([]byte(r.Body), &request); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, request.ClientRequestToken)
	}
	if len(tokens) != 2 || tokens[0] == "" || tokens[0] != tokens[1] {
		t.Errorf("tokens %q", tokens)
	}
}

func TestAllReadsAreConsistent(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(awstest.JSON(200, `{"Items":[],"ConsumedCapacity":{"CapacityUnits":1}}`)))
	journal := awstable.New(awstest.Config(server.URL), table)
	_, loading := journal.Load(t.Context(), "qovery")
	_, ending := journal.Ended(t.Context(), "qovery", takenAt, "one")
	_, telling := journal.History(t.Context(), "qovery")
	if err := errors.Join(loading, ending, telling); err != nil {
		t.Fatal(err)
	}
	for _, r := range server.Requests() {
		if !strings.Contains(r.Body, `"ConsistentRead":true`) {
			t.Errorf("%s: %s", r.Operation, r.Body)
		}
	}
}

func TestHistoryReadsAllPages(t *testing.T) {
	page := func(id, last string) awstest.Answer {
		return awstest.JSON(200, `{"Items":[{"iamUser":{"S":"qovery"},"record":{"S":"ROTATION#`+id+
			`"},"revision":{"N":"3"},"target":{"S":"production"},`+
			`"rotationId":{"S":"`+id+`"},"takenAt":{"S":"2026-01-02T03:04:05Z"},"outcome":{"S":"completed"},`+
			`"endedAt":{"S":"2026-01-02T08:04:05Z"}}]`+last+`}`)
	}
	last := `,"LastEvaluatedKey":{"iamUser":{"S":"qovery"},"record":{"S":"ROTATION#two"}}`
	server := awstest.Serve(t, awstest.InOrder(page("two", last), page("one", "")))
	items, err := awstable.New(awstest.Config(server.URL), table).History(t.Context(), "qovery")
	if err != nil || len(items) != 2 || items[1].Record.RotationID != "one" || items[1].Outcome != rotation.Completed {
		t.Errorf("%+v, %v", items, err)
	}
	if second := server.Requests()[1].Body; !strings.Contains(second, `"ExclusiveStartKey"`) {
		t.Errorf("asked %s", second)
	}
	endless := awstest.Serve(t, awstest.Always(page("two", last)))
	if _, err := awstable.New(awstest.Config(endless.URL), table).History(t.Context(), "qovery"); !fault.HasCode(err,
		fault.MalformedAnswer) {
		t.Error(err)
	}
}

// What the journal holds is read as it is written, or not at all: an attribute in
// another case, or of a later version, may be the one that says what an item means.
func TestItemsAreReadExactly(t *testing.T) {
	for name, test := range map[string]struct{ old, changed, says string }{
		"another case":        {`"target"`, `"Target"`, "Target"},
		"another case inside": {`"begun"`, `"Begun"`, "marks.create.Begun"},
		"of a later version":  {`"target"`, `"leaked":{"S":"key"},"target"`, "leaked"},
		"of a later kind":     {`"target"`, `"kind":{"S":"move-house"},"target"`, "move-house"},
		"one more inside":     {`"begun"`, `"found":{"BOOL":true},"begun"`, "marks.create.found"},
	} {
		t.Run(name, func(t *testing.T) {
			const attributes = `"iamUser":{"S":"qovery"},"revision":{"N":"3"},"target":{"S":"production"},` +
				`"rotationId":{"S":"one"},` +
				`"takenAt":{"S":"2026-01-02T03:04:05Z"},"marks":{"M":{"create":{"M":{"begun":{"S":"2026-01-02T03:04:05Z"}}}}}`
			changed := strings.Replace(attributes, test.old, test.changed, 1)
			const ended = `,"record":{"S":"ROTATION#one"},"outcome":{"S":"completed"},"endedAt":{"S":"2026-01-02T08:04:05Z"}`
			answers := awstest.InOrder(awstest.JSON(200, `{"Item":{"record":{"S":"ACTIVE"},`+changed+`}}`),
				awstest.JSON(200, `{"Items":[{`+changed+ended+`}]}`), awstest.JSON(200, `{"Item":{`+changed+ended+`}}`))
			journal := awstable.New(awstest.Config(awstest.Serve(t, answers).URL), table)
			_, loading := journal.Load(t.Context(), "qovery")
			_, telling := journal.History(t.Context(), "qovery")
			_, ending := journal.Ended(t.Context(), "qovery", takenAt, "one")
			for _, err := range []error{loading, telling, ending} {
				if !fault.HasCode(err, fault.MalformedAnswer) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v does not name %s", err, test.says)
				}
			}
		})
	}
}

func aRecord(user string) rotation.Record {
	return rotation.Record{
		Revision: 1, IAMUser: user, Target: "production", RotationID: "one", TakenAt: takenAt, TouchedAt: takenAt,
		Owner: "arn:owner", Fence: 7,
		OldKey: "AKIAOLDOLDOLDOLDOLD1", KnownKeys: []rotation.KeyID{"AKIAOLDOLDOLDOLDOLD1"},
		Marks: map[rotation.Effect]rotation.Mark{rotation.Create: {Begun: takenAt}},
	}
}

func keyOf(user string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"iamUser": &types.AttributeValueMemberS{Value: user},
		"record": &types.AttributeValueMemberS{Value: "ACTIVE"}}
}
