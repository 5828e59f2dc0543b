package iam

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// neverUsed is what IAM writes for the service and the region of a key that has
// not been used; the date is absent then.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
const neverUsed = "N/A"

// LastUse returns the latest use that IAM knows of. A key that IAM does not know, or
// does not know yet, is IAMSettling: it cannot be said to be unused.
func (k *Keys) LastUse(ctx context.Context, user string, id rotation.KeyID) (rotation.Use, error) {
	request := about("iam:GetAccessKeyLastUsed", user)
	answer, err := k.client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(string(id))})
	switch {
	case err != nil && isUnknownKey(err):
		return rotation.Use{}, fault.Errorf(fault.IAMSettling, "IAM does not know the last use of the key %s", id)
	case err != nil:
		return rotation.Use{}, failed(request, user, err)
	}
	if owner := aws.ToString(answer.UserName); owner != "" && !strings.EqualFold(owner, user) {
		return rotation.Use{}, request.Malformed("the key " + id.Text() + " is another user's")
	}
	last := answer.AccessKeyLastUsed
	if last == nil {
		return rotation.Use{}, request.Malformed("it does not tell of a use")
	}
	if last.LastUsedDate == nil {
		if aws.ToString(last.ServiceName) != neverUsed {
			return rotation.Use{}, request.Malformed("a use has no date")
		}
		return rotation.Use{}, nil
	}
	return rotation.Use{
		At: last.LastUsedDate.UTC(), Service: aws.ToString(last.ServiceName), Region: aws.ToString(last.Region),
	}, nil
}

// Owner is the user whose key it is, if it is one of the account.
func (k *Keys) Owner(ctx context.Context, id rotation.KeyID) (user string, err error) {
	request := awsclient.Request{Action: "iam:GetAccessKeyLastUsed", On: "the key " + id.Text()}
	answer, err := k.client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(string(id))})
	switch {
	case err != nil && isUnknownKey(err):
		return "", rotation.ErrNoSuchKey
	case err != nil:
		return "", request.Failed(err)
	case aws.ToString(answer.UserName) == "":
		return "", request.Malformed("it does not say whose key it is")
	}
	return *answer.UserName, nil
}

// isUnknownKey tells whether IAM knows no such key. The request names a key and no
// user: IAM looks up whose it is and authorizes on that user. Where it finds none, it
// authorizes on the key, which no policy can name, and only its sentence says so.
func isUnknownKey(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && (answer.ErrorCode() == noSuchEntity ||
		answer.ErrorCode() == "AccessDenied" && strings.Contains(answer.ErrorMessage(), "on resource: access key"))
}
