// STS says whose an access key is.

package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
)

// identities implements the port rotation.Identities. It signs requests with the keys
// that it is asked about. The endpoint is the region's, where consumers of the key are:
// the global one may know a new key sooner or later than they do.
type identities struct{ cfg aws.Config }

// Codes with which STS refuses a key: it does not know it (yet), or the
// signature is not the key's. AccessDenied is none of them: a policy, of an
// endpoint for instance, says that, and it says nothing of the key.
var refusals = map[string]bool{
	"InvalidClientTokenId": true, "InvalidAccessKeyId": true, "UnrecognizedClientException": true,
	"AuthFailure": true, "SignatureDoesNotMatch": true,
}

// CallerIdentity signs GetCallerIdentity with the key, which no policy needs to
// allow. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (i identities) CallerIdentity(ctx context.Context, id rotation.KeyID, secret rotation.Secret) (rotation.Identity,
	error) {
	request := awsclient.Request{Action: "sts:GetCallerIdentity", On: "the access key " + id.Text(), Secret: true}
	client := sts.NewFromConfig(i.cfg, func(o *sts.Options) {
		o.Credentials = awsclient.Static(aws.Credentials{AccessKeyID: string(id), SecretAccessKey: secret.Reveal()})
	})
	answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	switch {
	case refusals[awsclient.Code(err)]:
		return rotation.Identity{}, rotation.ErrKeyRefused
	case err != nil:
		return rotation.Identity{}, request.Failed(err)
	case aws.ToString(answer.Account) == "" || aws.ToString(answer.Arn) == "":
		return rotation.Identity{}, request.Malformed("it tells no account or no ARN")
	}
	return rotation.Identity{Account: *answer.Account, ARN: *answer.Arn}, nil
}
