// Package iam is IAM's access keys, and what IAM knows of their use. It
// implements the ports rotation.Keys and rotation.UsageLog.
//
// IAM is a global service and eventually consistent: "You must design your
// global applications to account for these potential delays."
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Keys is the access keys of IAM users.
type Keys struct{ client *iam.Client }

var (
	_ rotation.Keys     = (*Keys)(nil)
	_ rotation.UsageLog = (*Keys)(nil)
)

// New returns the access keys of the configuration's account.
func New(cfg aws.Config) *Keys { return &Keys{iam.NewFromConfig(cfg)} }

const (
	noSuchEntity  = "NoSuchEntity"
	limitExceeded = "LimitExceeded" // two access keys a user, Inactive ones included
)

// maxPages bounds a list that never ends. A user has two keys, and ten policies or twenty.
const maxPages = 10

// List returns all keys of the user.
func (k *Keys) List(ctx context.Context, user string) ([]rotation.AccessKey, error) {
	request := about("iam:ListAccessKeys", user)
	listed, err := list(request, user, func(marker *string) (page[types.AccessKeyMetadata], error) {
		answer, err := k.client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user, Marker: marker})
		if err != nil {
			return page[types.AccessKeyMetadata]{}, err
		}
		return page[types.AccessKeyMetadata]{answer.AccessKeyMetadata, answer.IsTruncated, answer.Marker}, nil
	})
	if err != nil {
		return nil, err
	}
	keys := []rotation.AccessKey{}
	for _, one := range listed {
		key, err := accessKey(request, one.AccessKeyId, one.Status, one.CreateDate)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// quarantine begins the names of the policies that AWS attaches to a user whose key it
// finds in public; a version follows. They are AWS's own: a policy of the account's may
// have such a name, too.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
const quarantine = "policy/AWSCompromisedKeyQuarantine"

// Quarantine returns the ARNs of those that are attached to the user.
func (k *Keys) Quarantine(ctx context.Context, user string) (found []string, err error) {
	request := about("iam:ListAttachedUserPolicies", user)
	attached, err := list(request, user, func(marker *string) (page[types.AttachedPolicy], error) {
		answer, err := k.client.ListAttachedUserPolicies(ctx,
			&iam.ListAttachedUserPoliciesInput{UserName: &user, Marker: marker})
		if err != nil {
			return page[types.AttachedPolicy]{}, err
		}
		return page[types.AttachedPolicy]{answer.AttachedPolicies, answer.IsTruncated, answer.Marker}, nil
	})
	for _, policy := range attached {
		parsed, err := arn.Parse(aws.ToString(policy.PolicyArn))
		if err != nil {
			return nil, request.Malformed("a policy in it has no ARN")
		}
		if parsed.AccountID == "aws" && strings.HasPrefix(parsed.Resource, quarantine) {
			found = append(found, parsed.String())
		}
	}
	return found, err
}

// page is one of a list of IAM's.
type page[T any] struct {
	items  []T
	isCut  bool
	marker *string // of the next one
}

// list reads to the last page: "IAM might return fewer than the MaxItems number of
// results even when there are more".
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
func list[T any](request awsclient.Request, user string, read func(marker *string) (page[T], error)) ([]T, error) {
	all := []T{}
	var marker *string
	for range maxPages {
		page, err := read(marker)
		switch {
		case err != nil:
			return nil, failed(request, user, err)
		case page.items == nil:
			return nil, request.Malformed("there is no list in it")
		}
		all = append(all, page.items...)
		if !page.isCut {
			return all, nil
		}
		if marker = page.marker; aws.ToString(marker) == "" {
			return nil, request.Malformed("the list is cut off, and nothing tells where it goes on")
		}
	}
	return nil, request.Malformed("the list does not end")
}

// Path is the user's path, which is a part of the ARN that policies name.
func (k *Keys) Path(ctx context.Context, user string) (string, error) {
	request := about("iam:GetUser", user)
	answer, err := k.client.GetUser(ctx, &iam.GetUserInput{UserName: &user})
	switch {
	case err != nil:
		return "", failed(request, user, err)
	case answer.User == nil || aws.ToString(answer.User.Path) == "":
		return "", request.Malformed("the user in it has no path")
	}
	return *answer.User.Path, nil
}

// Create is sent once: CreateAccessKey has no idempotency token, so the SDK
// must not repeat it, and net/http repeats no POST that it has begun to write.
func (k *Keys) Create(ctx context.Context, user string) (rotation.NewAccessKey, error) {
	request := about("iam:CreateAccessKey", user)
	request.Secret = true
	answer, err := k.client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user}, once)
	switch {
	case awsclient.Code(err) == limitExceeded:
		return rotation.NewAccessKey{}, fault.Errorf(fault.KeyLimitReached, "The IAM user %s has as many access "+
			"keys as IAM allows", user)
	case err != nil:
		return rotation.NewAccessKey{}, failed(request, user, err)
	case answer.AccessKey == nil || aws.ToString(answer.AccessKey.SecretAccessKey) == "":
		return rotation.NewAccessKey{}, request.Malformed("it holds no new key")
	}
	created := answer.AccessKey
	key, err := accessKey(request, created.AccessKeyId, created.Status, created.CreateDate)
	return rotation.NewAccessKey{AccessKey: key, Secret: rotation.NewSecret(*created.SecretAccessKey)}, err
}

// once has the SDK send a request once.
func once(o *iam.Options) { o.Retryer = aws.NopRetryer{} }

// SetStatus makes a key Active or Inactive. It is sent once: a request that was not
// answered may land after one that undoes it, so the step has to know of it.
func (k *Keys) SetStatus(ctx context.Context, user string, id rotation.KeyID, status rotation.KeyStatus) error {
	_, err := k.client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: &user, AccessKeyId: aws.String(string(id)), Status: types.StatusType(status),
	}, once)
	switch {
	case err == nil:
		return nil
	case awsclient.Code(err) == noSuchEntity:
		return rotation.ErrNoSuchKey
	}
	return failed(about("iam:UpdateAccessKey", user), user, err)
}

// Delete deletes a key, and tells whether it did. It is sent once: of a request
// that the SDK repeats, the first may have deleted the key that the second does
// not find.
func (k *Keys) Delete(ctx context.Context, user string, id rotation.KeyID) (deleted bool, err error) {
	input := &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: aws.String(string(id))}
	_, err = k.client.DeleteAccessKey(ctx, input, once)
	switch {
	case err == nil:
		return true, nil
	case awsclient.Code(err) == noSuchEntity:
		return false, nil
	}
	return false, failed(about("iam:DeleteAccessKey", user), user, err)
}

// accessKey reads what IAM tells of a key. A key without an id, a date or a
// status that can be acted upon could be any key.
func accessKey(request awsclient.Request, id *string, status types.StatusType, created *time.Time) (rotation.AccessKey,
	error) {
	parsed, err := rotation.ParseKeyID(aws.ToString(id))
	key := rotation.AccessKey{ID: parsed, Status: rotation.KeyStatus(status), CreatedAt: aws.ToTime(created).UTC()}
	switch {
	case err != nil:
		return rotation.AccessKey{}, request.Malformed(words.Textf("a key in it has %v", err))
	case key.ID == "":
		return rotation.AccessKey{}, request.Malformed("a key in it has no id")
	case key.Status != rotation.Active && key.Status != rotation.Inactive:
		return rotation.AccessKey{}, request.Malformed("the key " + key.ID.Text() + " is neither Active nor Inactive")
	case created == nil || created.IsZero():
		return rotation.AccessKey{}, request.Malformed("the key " + key.ID.Text() + " has no date")
	}
	return key, nil
}

// failed adds what IAM says of users to the usual mapping.
func failed(request awsclient.Request, user string, err error) error {
	if awsclient.Code(err) == noSuchEntity {
		return fault.NoUser(user)
	}
	return request.Failed(err).OfUser(user)
}

func about(action, user string) awsclient.Request {
	return awsclient.Request{Action: action, On: words.Textf("the IAM user %s", user)}
}
