package table

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"qovery-key-rotation/internal/words"
)

// The audits' memory of a target lies under the target's name, which is known
// also when nothing else of the target is; so does a freeze that a person set. No IAM
// user's name has a colon, so that a role may be allowed to write these and no records.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
const (
	audited      = "AUDIT"
	targetPrefix = "target:"
)

// MemoryKeys is the pattern, as IAM's StringLike has it, of the partition keys of
// all memories. No record's matches it.
const MemoryKeys = targetPrefix + "*"

// Recall reads the audits' memory of a target into a document. When there is
// none it leaves the document as it is.
func (j *Journal) Recall(ctx context.Context, target string, into any) error {
	found, _, err := j.get(ctx, targetPrefix+target, audited)
	if found == nil || err != nil {
		return err
	}
	found = maps.Clone(found)
	delete(found, userAttribute)
	delete(found, recordAttribute)
	if err := fromItem(found, into); err != nil {
		return j.request("dynamodb:GetItem", targetPrefix+target).Malformed(words.Text(err.Error()))
	}
	return nil
}

// Remember replaces the audits' memory of a target by a document.
func (j *Journal) Remember(ctx context.Context, target string, document any) error {
	encoded, err := toItem(document)
	if err != nil {
		return err
	}
	maps.Copy(encoded, key(targetPrefix+target, audited))
	if _, err := j.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &j.table, Item: encoded}); err != nil {
		return j.failed("dynamodb:PutItem", targetPrefix+target, err)
	}
	return nil
}
