package stack

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// statement is a grant whose ARNs are known.
type statement struct {
	actions   []string
	resources []string
	why       string         // where a resource has a wildcard: why there is no narrower one
	when      map[string]any // the conditions, if any
}

func (b *builder) statement(g grant) statement {
	return statement{g.actions, b.arns(g.on), whyWildcard[g.on], conditions[g.on]}
}

// newRole makes a role that may do what the statements say and nothing else:
// what the CDK would add to it is kept away, so that one list in one resource is
// all that there is to read.
func (b *builder) newRole(id, description string, who awsiam.IPrincipal, statements ...statement) awsiam.IRole {
	var (
		document []awsiam.PolicyStatement
		reasons  []suppression
	)
	for _, s := range statements {
		props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(s.actions...), Resources: jsii.Strings(s.resources...)}
		if s.when != nil {
			props.Conditions = &s.when
		}
		document = append(document, awsiam.NewPolicyStatement(props))
		if wildcards := slices.DeleteFunc(slices.Clone(s.resources), isExact); len(wildcards) > 0 {
			reasons = append(reasons, wildcardSuppression(wildcards[0], s.why))
		}
	}
	role := awsiam.NewRole(b.Stack, &id, &awsiam.RoleProps{
		AssumedBy: who, Description: &description,
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Exactly": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &document}),
		},
	})
	suppress(resourceOf(role), reasons...)
	return role.WithoutPolicyUpdates(nil)
}

func resourceOf(construct constructs.IConstruct) awscdk.CfnResource {
	return construct.Node().DefaultChild().(awscdk.CfnResource)
}

func isExact(arn string) bool { return !strings.HasSuffix(arn, "*") }

// wildcardSuppression answers cdk-nag's finding on one wildcard and on no other.
// An ARN is recognized by what follows its account, since the parts before that
// may be known to CloudFormation only.
func wildcardSuppression(arn, why string) suppression {
	start, end := "", arn
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		start, end = ".+:", parts[5]
	}
	pattern := "/^Resource::" + start + strings.ReplaceAll(regexp.QuoteMeta(end), "/", `\/`) + "$/"
	return suppression{rule: "AwsSolutions-IAM5", reason: why, appliesTo: pattern}
}

// service is an AWS service that acts for this account only, and for what is known
// to need it. Without the conditions, another account could make the service use
// the role for it.
func (b *builder) service(name string, source ...string) awsiam.IPrincipal {
	equal := map[string]any{"aws:SourceAccount": b.Account()}
	if len(source) > 0 {
		equal["aws:SourceArn"] = source[0]
	}
	return awsiam.NewServicePrincipal(&name, &awsiam.ServicePrincipalOpts{
		Conditions: &map[string]any{"StringEquals": equal},
	})
}

// suppression answers one finding of cdk-nag.
type suppression struct {
	rule      string
	reason    string
	appliesTo string // a pattern for rules that look at several things at once; else empty
}

// suppress writes the answers into the resource's metadata, where cdk-nag looks
// for them and where readers of the template find them. It is cdk-nag's
// documented format; its library is needed by the tests only.
func suppress(resource awscdk.CfnResource, suppressions ...suppression) {
	if len(suppressions) == 0 {
		return
	}
	var rules []any
	for _, s := range suppressions {
		rule := map[string]any{"id": s.rule, "reason": s.reason}
		if s.appliesTo != "" {
			rule["applies_to"] = []any{map[string]any{"regex": s.appliesTo}}
		}
		rules = append(rules, rule)
	}
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}
