package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"qovery-key-rotation/internal/rotation"
)

// Ended returns how a rotation ended, or nil.
func (j *Journal) Ended(ctx context.Context, iamUser string, takenAt time.Time,
	rotationID string) (*rotation.HistoryItem, error) {
	found, _, err := j.get(ctx, iamUser, historyKey(takenAt, rotationID))
	if found == nil || err != nil {
		return nil, err
	}
	ended, err := decodeHistory(found, iamUser)
	if err != nil {
		return nil, unreadable(j.request("dynamodb:GetItem", iamUser), err)
	}
	return &ended, nil
}

// maxPages bounds a history that never ends: a page is 1 MiB, and a rotation
// some kilobytes.
const maxPages = 100

// History returns how the user's rotations ended, the newest first.
func (j *Journal) History(ctx context.Context, iamUser string) ([]rotation.HistoryItem, error) {
	request := j.request("dynamodb:Query", iamUser)
	items := []rotation.HistoryItem{}
	input := &dynamodb.QueryInput{
		TableName:                &j.table,
		KeyConditionExpression:   aws.String("iamUser = :user AND begins_with(#record, :rotation)"),
		ExpressionAttributeNames: map[string]string{"#record": recordAttribute},
		ExpressionAttributeValues: item{
			":user":     &types.AttributeValueMemberS{Value: iamUser},
			":rotation": &types.AttributeValueMemberS{Value: historyPrefix},
		},
		ConsistentRead:   aws.Bool(true),
		ScanIndexForward: aws.Bool(false),
	}
	for range maxPages {
		page, err := j.client.Query(ctx, input)
		if err != nil {
			return nil, j.failed("dynamodb:Query", iamUser, err)
		}
		if page.Items == nil {
			return nil, request.Malformed("there is no list of items in it")
		}
		for _, found := range page.Items {
			ended, err := decodeHistory(found, iamUser)
			if err != nil {
				return nil, unreadable(request, err)
			}
			items = append(items, ended)
		}
		if len(page.LastEvaluatedKey) == 0 {
			return items, nil
		}
		input.ExclusiveStartKey = page.LastEvaluatedKey
	}
	return nil, request.Malformed("the history does not end")
}
