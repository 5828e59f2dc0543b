package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// keyAlias is what people call the customer key.
const keyAlias = "alias/" + Name

// newCustomerKey makes the key that encrypts the journal, the staged secrets, the
// topic, the queue and the logs, if the configuration asks for one. It stays with
// the journal, which nobody could read without it.
func (b *builder) newCustomerKey() awskms.Key {
	if !b.props.Config.CustomerKey {
		return nil
	}
	key := awskms.NewKey(b.Stack, jsii.String("key"), &awskms.KeyProps{
		Alias:             jsii.String(keyAlias),
		Description:       jsii.String("Encrypts what the rotation of Qovery's access keys stores"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
	})
	for _, s := range b.keyPolicy() {
		key.AddToResourcePolicy(s, nil)
	}
	return key
}

// keyARN is empty where there is no customer key.
func (b *builder) keyARN() *string {
	if b.key == nil {
		return jsii.String("")
	}
	return b.key.KeyArn()
}

var useKey = jsii.Strings("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
	"kms:DescribeKey")

// keyPolicy lets the key be used as the AWS-managed ones are: whoever in this
// account may read the table may have it decrypted for that, by DynamoDB alone,
// and who may read a staged secret by Parameter Store alone. So the roles need no
// statement on the key. Two services act by themselves.
func (b *builder) keyPolicy() []awsiam.PolicyStatement {
	via := func(service string) string { return service + "." + *b.Region() + ".amazonaws.com" }
	all := jsii.Strings("*") // in a key's policy: this key
	return []awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("ThroughTheServicesThatStore"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions:    useKey, Resources: all,
			Conditions: &map[string]any{"StringEquals": map[string]any{
				"kms:CallerAccount": b.Account(),
				"kms:ViaService":    []any{via("dynamodb"), via("sns"), via("sqs"), via("ssm")},
			}},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("Logs"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(via("logs")), nil)},
			Actions:    useKey, Resources: all,
			Conditions: &map[string]any{"ArnLike": map[string]any{
				"kms:EncryptionContext:aws:logs:arn": []any{b.arn("logs", "log-group:/aws/lambda/"+Name+"-*"),
					b.arn("logs", "log-group:/aws/vendedlogs/states/"+Name)},
			}},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("UndeliveredEvents"),
			Principals: &[]awsiam.IPrincipal{b.service("events.amazonaws.com")},
			Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: all,
		}),
	}
}
