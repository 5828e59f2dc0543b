package stack

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// keyAlias is what people call the customer key.
const keyAlias = "alias/" + Name

// newCustomerKey makes the key that encrypts the journal, the staged secrets, the
// topic, the queue and the logs, if the configuration asks for one. It stays with
// the journal, which can't be read without it, unless the deployment that creates
// it fails.
func (b *builder) newCustomerKey() awskms.Key {
	if !b.props.Config.CustomerKey {
		return nil
	}
	key := awskms.NewKey(b.Stack, jsii.String("key"), &awskms.KeyProps{
		Alias:             jsii.String(keyAlias),
		Description:       jsii.String("Encrypts what the rotation of Qovery's access keys stores"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
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

// keyPolicy lets the key be used as the AWS-managed ones are: who in this account
// may read the table may have it decrypted for that, by DynamoDB alone, and who may
// read a staged secret by Parameter Store alone. So the roles need no statement on
// the key. Two services act by themselves.
func (b *builder) keyPolicy() []awsiam.PolicyStatement {
	anyone := awsiam.NewAnyPrincipal()
	crypt := actions("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*")
	use := append(actions("kms:DescribeKey"), crypt...)
	return []awsiam.PolicyStatement{
		// The table, the topic and the queue.
		keyStatement("WhatTheStackStores", anyone, use, b.through(nil, "dynamodb", "sns", "sqs")),
		// DynamoDB works in the background by a grant of the table's.
		keyStatement("GrantsOfServices", anyone, actions("kms:CreateGrant"),
			b.through(map[string]any{"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}}, "dynamodb")),
		keyStatement("Parameters", anyone, actions("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"),
			b.through(map[string]any{"ArnLike": map[string]any{
				"kms:EncryptionContext:PARAMETER_ARN": append(b.arns(stagedSecrets), b.arns(operatorSecrets)...),
			}}, "ssm")),
		keyStatement("Logs", awsiam.NewServicePrincipal(new("logs."+*b.Region()+".amazonaws.com"), nil), crypt,
			map[string]any{"ArnLike": map[string]any{
				"kms:EncryptionContext:aws:logs:arn": []any{b.arn("logs", "log-group:/aws/lambda/"+Name+"-*"),
					b.arn("logs", "log-group:/aws/vendedlogs/states/"+Name)},
			}}),
		// As EventBridge documents it: without a condition on the source, which it does not
		// always send. The queue's policy names the rules.
		keyStatement("UndeliveredEvents", awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil),
			actions("kms:Decrypt", "kms:GenerateDataKey"), nil),
	}
}

// keyStatement is one of a key's policy, where * is this key.
func keyStatement(sid string, who awsiam.IPrincipal, may []string, when map[string]any) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Sid: &sid, Principals: &[]awsiam.IPrincipal{who},
		Actions: jsii.Strings(may...), Resources: jsii.Strings("*")}
	if when != nil {
		props.Conditions = &when
	}
	return awsiam.NewPolicyStatement(props)
}

// through is the condition that this account asks through one of the services,
// beside others.
func (b *builder) through(others map[string]any, services ...string) map[string]any {
	var via []any
	for _, service := range services {
		via = append(via, service+"."+*b.Region()+".amazonaws.com")
	}
	when := map[string]any{"StringEquals": map[string]any{"kms:CallerAccount": b.Account(), "kms:ViaService": via}}
	maps.Copy(when, others)
	return when
}
