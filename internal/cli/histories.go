package cli

import (
	"context"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/config"

	"qovery-key-rotation/internal/awsclient"
	"qovery-key-rotation/internal/report"
	"qovery-key-rotation/internal/sfnhistory"
)

var executionPattern = regexp.MustCompile(`^arn:aws[a-z-]*:states:([a-z0-9-]+):[0-9]{12}:execution:([^:\s]+):[^:\s]+$`)

// executionARN takes the ARN of a standard execution apart.
func executionARN(arn string) (region, machine string, ok bool) {
	parts := executionPattern.FindStringSubmatch(arn)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// readHistories reads the histories of executions and of those that had to do
// with the same rotations. The region is that of the ARNs.
func readHistories(ctx context.Context, arns []string) ([]report.History, error) {
	region, _, _ := executionARN(arns[0])
	for _, arn := range arns[1:] {
		if other, _, _ := executionARN(arn); other != region {
			return nil, usageError{fmt.Errorf("the executions are in different regions: %s and %s", region, other)}
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("finding AWS credentials (set AWS_PROFILE, or log in): %w", err)
	}
	return sfnhistory.New(awsclient.Bounded(cfg)).Rotation(ctx, arns)
}
