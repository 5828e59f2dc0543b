// Package table is the journal in DynamoDB: the table that says who rotates
// which IAM user, what was begun, what was done, and how rotations ended. It
// implements the port rotation.Journal, and tells people the history. Beside
// that it keeps the audits' memory and freezes (memory.go).
//
// The table's key is iamUser and record. A user's open rotation is the item
// with the record ACTIVE: the domain's record, attribute for attribute as its
// JSON has them, so that the console shows what the code means. A rotation that
// has ended is an item ROTATION#<taken at>#<rotation id> with the same
// attributes and the outcome beside them.
package table

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Journal is the journal in one table.
type Journal struct {
	client *dynamodb.Client
	table  string
}

var _ rotation.Journal = (*Journal)(nil)

// New returns the journal in a table.
func New(cfg aws.Config, table string) *Journal {
	return &Journal{dynamodb.NewFromConfig(cfg), table}
}

// Every write requires the rotation and the revision that were read, which implies all
// that the record says: the owner, the fence, the lease and the marks. The next rotation
// counts from one again: a write that takes effect late must not find its revision there.
const (
	isAbsent     = "attribute_not_exists(iamUser)"
	isAtRevision = "rotationId = :rotation AND revision = :revision"
)

// Load returns the open record of the user, or nil.
func (j *Journal) Load(ctx context.Context, iamUser string) (*rotation.Record, error) {
	found, at, err := j.get(ctx, iamUser, active)
	if found == nil || err != nil {
		return nil, err
	}
	record, err := decodeRecord(found, iamUser)
	switch {
	case err != nil:
		return nil, unreadable(j.request("dynamodb:GetItem", iamUser), err)
	case at.IsZero():
		return nil, j.request("dynamodb:GetItem", iamUser).Malformed("it has no date")
	}
	record.ReadAt = at
	return &record, nil
}

// Save stores the record upon the revision before its own.
func (j *Journal) Save(ctx context.Context, record rotation.Record) error {
	encoded, err := encodeRecord(record)
	if err != nil {
		return err
	}
	input := &dynamodb.PutItemInput{TableName: &j.table, Item: encoded, ConditionExpression: aws.String(isAbsent)}
	if record.Revision != 1 {
		input.ConditionExpression = aws.String(isAtRevision)
		input.ExpressionAttributeValues = at(record, record.Revision-1)
	}
	_, err = j.client.PutItem(ctx, input)
	switch {
	case err == nil:
		return nil
	case awsclient.Code(err) == "ConditionalCheckFailedException":
		return rotation.ErrConflict
	}
	return j.failed("dynamodb:PutItem", record.IAMUser, err)
}

// Close turns the open record into a history item, in one transaction. The SDK
// sends an idempotency token with it, so that its own repetition of a close
// whose answer was lost is no second one.
func (j *Journal) Close(ctx context.Context, item rotation.HistoryItem) error {
	encoded, err := encodeHistory(item)
	if err != nil {
		return err
	}
	user := item.Record.IAMUser
	_, err = j.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Delete: &types.Delete{
			TableName: &j.table, Key: key(user, active),
			ConditionExpression:       aws.String(isAtRevision),
			ExpressionAttributeValues: at(item.Record, item.Record.Revision),
		}},
		{Put: &types.Put{TableName: &j.table, Item: encoded, ConditionExpression: aws.String(isAbsent)}},
	}})
	if err == nil {
		return nil
	}
	return j.canceled(user, err)
}

// canceled tells why a transaction was. A condition that failed is definite,
// whatever else was in its way.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (j *Journal) canceled(user string, err error) error {
	const action = "dynamodb:TransactWriteItems"
	var transaction *types.TransactionCanceledException
	if !errors.As(err, &transaction) {
		return j.failed(action, user, err)
	}
	throttled := ""
	for _, reason := range transaction.CancellationReasons {
		switch code := aws.ToString(reason.Code); {
		case code == "ConditionalCheckFailed":
			return rotation.ErrConflict
		case awsclient.IsThrottle(code):
			throttled = code
		}
	}
	if throttled != "" {
		return fault.Errorf(fault.Throttled, "AWS throttles %s (%s)", j.request(action, user), throttled)
	}
	return j.failed(action, user, err)
}

// get reads an item consistently, and the date of the answer. DynamoDB says "there is none" by leaving the
// item out of its answer; the consumed capacity, which it never leaves out when
// asked, shows that this is an answer.
func (j *Journal) get(ctx context.Context, iamUser, record string) (item, time.Time, error) {
	answer, err := j.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &j.table, Key: key(iamUser, record), ConsistentRead: aws.Bool(true),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	switch {
	case err != nil:
		return nil, time.Time{}, j.failed("dynamodb:GetItem", iamUser, err)
	case answer.Item == nil && answer.ConsumedCapacity == nil:
		return nil, time.Time{}, j.request("dynamodb:GetItem", iamUser).Malformed("it is empty")
	}
	at, _ := awsmiddleware.GetServerTime(answer.ResultMetadata)
	return answer.Item, at.UTC(), nil
}

// failed adds what a missing table means to the usual mapping.
func (j *Journal) failed(action, iamUser string, err error) error {
	if awsclient.Code(err) == "ResourceNotFoundException" {
		return fault.Errorf(fault.ConfigurationError, "There is no DynamoDB table %s for the journal", j.table)
	}
	return j.request(action, iamUser).Failed(err)
}

func (j *Journal) request(action, iamUser string) awsclient.Request {
	if target, isMemory := strings.CutPrefix(iamUser, targetPrefix); isMemory {
		return awsclient.Request{Action: action, On: words.Textf("the journal's memory of the target %s", target)}
	}
	return awsclient.Request{Action: action, On: words.Textf("the journal of the IAM user %s", iamUser)}
}

// unreadable is the error of an item that another version may have written.
func unreadable(request awsclient.Request, err error) error {
	malformed := request.Malformed(words.Text(err.Error()))
	malformed.Next = &fault.Advice{First: "Update this command line to the version of the stack. If the " +
		"stack was set back to an earlier version, deploy the later one again"}
	return malformed
}

// at are the values of isAtRevision.
func at(record rotation.Record, revision int) item {
	return item{":rotation": &types.AttributeValueMemberS{Value: record.RotationID},
		":revision": &types.AttributeValueMemberN{Value: strconv.Itoa(revision)}}
}
