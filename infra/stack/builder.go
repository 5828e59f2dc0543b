package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
)

// builder is a stack in the making, with the things that others refer to.
type builder struct {
	awscdk.Stack
	props       Props
	key         awskms.Key // nil: AWS-managed keys encrypt
	journal     awsdynamodb.Table
	topic       awssns.Topic
	chat        awssns.Topic // for chats, which want messages in another form
	undelivered awssqs.Queue
	roles       map[string]awsiam.IRole // of the functions, by name
}

// arn is the ARN of a thing in this stack's account and region. It is put
// together where a reference to the thing would close a circle, or where the
// thing is not the stack's.
func (b *builder) arn(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", *b.Partition(), service, *b.Region(), *b.Account(), rest)
}

// globalARN is the ARN of a thing that belongs to no region.
func (b *builder) globalARN(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", *b.Partition(), service, *b.Account(), rest)
}

func named(suffix string) string { return Name + "-" + suffix }
