package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// suppression answers one finding of cdk-nag.
type suppression struct {
	rule      string
	reason    string
	appliesTo string // a pattern for rules that look at several things at once; else empty
}

// suppress writes the answers into the resource's metadata, where cdk-nag looks
// for them and where whoever reads the template finds them. It is cdk-nag's
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
