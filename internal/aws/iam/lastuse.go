package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"qovery-key-rotation/internal/rotation"
)

// Lag is how old IAM's word on a key's last use may be. IAM promises nothing:
// it is usually minutes, and can be hours. Fifteen minutes are the least for the
// check to mean something. That it stays a hint is why the old key is made
// Inactive, and watched, before it is deleted.
const Lag = 15 * time.Minute

// neverUsed is what IAM writes for the service and the region of a key that has
// not been used; the date is absent then.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
const neverUsed = "N/A"

// LastUse returns the latest use that IAM knows of. A key that IAM does not know
// is an error: it cannot be said to be unused.
func (k *Keys) LastUse(ctx context.Context, user string, id rotation.KeyID) (rotation.Use, error) {
	request := about("iam:GetAccessKeyLastUsed", user)
	answer, err := k.client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(string(id))})
	if err != nil {
		return rotation.Use{}, request.Failed(err)
	}
	if owner := aws.ToString(answer.UserName); owner != "" && !strings.EqualFold(owner, user) {
		return rotation.Use{}, request.Malformed("the key " + id.String() + " is another user's")
	}
	last := answer.AccessKeyLastUsed
	if last == nil {
		return rotation.Use{}, request.Malformed("it does not tell of a use")
	}
	if last.LastUsedDate == nil {
		if aws.ToString(last.ServiceName) != neverUsed {
			return rotation.Use{}, request.Malformed("a use has no date")
		}
		return rotation.Use{Lag: Lag}, nil
	}
	return rotation.Use{
		At: last.LastUsedDate.UTC(), Service: aws.ToString(last.ServiceName), Region: aws.ToString(last.Region), Lag: Lag,
	}, nil
}
