package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"
)

// newJournal makes the table of open and past rotations. It stays when the
// stack goes: it is the record of what was done, and an open rotation's only
// memory. Its name is generated, so that a stack can be installed anew beside
// the table of an old one.
func (b *builder) newJournal() awsdynamodb.Table {
	props := &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("iamUser"),
			Type: awsdynamodb.AttributeType_STRING},
		SortKey: &awsdynamodb.Attribute{Name: jsii.String("record"),
			Type: awsdynamodb.AttributeType_STRING},
		BillingMode: awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(
			true)},
		DeletionProtection: jsii.Bool(true),
		RemovalPolicy:      awscdk.RemovalPolicy_RETAIN,
		Encryption:         awsdynamodb.TableEncryption_AWS_MANAGED,
	}
	if b.key != nil {
		props.Encryption, props.EncryptionKey = awsdynamodb.TableEncryption_CUSTOMER_MANAGED, b.key
	}
	return awsdynamodb.NewTable(b.Stack, jsii.String("journal"), props)
}
