package awsclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Request names a request for the sentences about its failure.
type Request struct {
	Action string     // as policies write it: "iam:ListAccessKeys"
	On     words.Text // "the IAM user qovery"
	// Secret: the request or its answer carries a secret. Then nothing of the
	// answer is quoted but the error's code.
	Secret bool
}

// Error codes that mean that AWS will not do this for the function: its role
// has no right to, or its own credentials are not accepted.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and its
// like for the JSON protocols.
var deniedCodes = []string{
	"AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
	"IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId", "InvalidClientTokenId",
	"InvalidSignatureException",
	"MissingAuthenticationToken", "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired",
	"SignatureDoesNotMatch", "UnauthorizedOperation", "UnrecognizedClientException",
}

// deniedAdvice is for codes that mean no lack of a right.
var deniedAdvice = map[string]words.Text{
	"SignatureDoesNotMatch":        checkClock,
	"InvalidSignatureException":    checkClock,
	"IncompleteSignature":          checkClock,
	"IncompleteSignatureException": checkClock,
	"OptInRequired":                "Enable the region or the service for the account, or choose another region",
}

const checkClock = "Check this machine's clock. If it is right, the secret isn't the access key's, or a proxy " +
	"changes requests"

// Codes that mean "not now" and are not in the SDK's own list. A transaction
// conflict is DynamoDB's word for two writers at the same moment, a concurrent
// modification IAM's.
var throttledCodes = []string{
	"ThrottlingError", "TooManyUpdates", "TransactionConflict", "TransactionConflictException",
	"ProvisionedThroughputExceeded", "RequestThrottledException", "ConcurrentModification",
	"ConcurrentModificationException",
}

// Codes of answers below 500 that say nothing about what was asked.
var unansweredCodes = []string{"InternalFailure", "InternalServerError", "RequestTimeout",
	"RequestTimeoutException", "ServiceFailure", "ServiceUnavailable"}

// Codes that say that the clock by which the request was signed is wrong. Others
// may say it in their sentence, which is quoted.
var clockCodes = []string{"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}

// Failed maps an error of the SDK to the domain's codes. Throttled and
// AccessDenied mean that the service has not done what it was asked for; with
// Unreachable and MalformedAnswer it may have.
func (r Request) Failed(err error) *fault.Error {
	code, status := Code(err), statusOf(err)
	why := network(err)
	var certificate *tls.CertificateVerificationError
	switch {
	case IsThrottle(code) || status == 429:
		return fault.Errorf(fault.Throttled, "AWS throttles %s (%s)", r, orStatus(code, status))
	case slices.Contains(clockCodes, code):
		return r.advised("this machine's clock is not AWS's ("+code+")", "Set this machine's clock")
	case status == 407, errors.Is(err, errProxyLogin):
		return r.advised("the proxy wants a user name and a password", "Give them in HTTPS_PROXY")
	case slices.Contains(deniedCodes, code) || code != "" && (status == 401 || status == 403):
		return advise(fault.Errorf(fault.AccessDenied, "AWS denies %s (%s)%s", r, code, r.quote(err)), deniedAdvice[code])
	case status == 401 || status == 403:
		return advise(fault.Errorf(fault.AccessDenied, "%s was refused with status %d, in no words of AWS's", r, status),
			"Check proxies and AWS_ENDPOINT_URL")
	case errors.As(err, &certificate):
		return r.advised(why, "If a proxy on the way to AWS has an authority of its own, "+
			"name that authority's certificate in AWS_CA_BUNDLE. Check this machine's clock, too")
	case slices.Contains(unansweredCodes, code) || status >= 500:
		return r.Unanswered(orStatus(code, status))
	case errors.Is(err, errTooLarge):
		return r.Malformed(words.Text(errTooLarge.Error()))
	case why != "":
		return r.Unanswered(why)
	case code != "":
		return r.Malformed(words.Textf("the error %s is not expected here%s", orStatus(code, status), r.quote(err)))
	case isUnreadable(err):
		return r.Malformed("it cannot be read")
	}
	return r.advised("the request could not be made", "Check the region, AWS_ENDPOINT_URL and its like for one "+
		"service, and HTTPS_PROXY; AWS_USE_FIPS_ENDPOINT goes with none of one's own")
}

// Unsent tells that the request was not made: a setting or the credentials are wrong.
func Unsent(err error) bool {
	return network(err) == "" && Code(err) == "" && !isUnreadable(err) && !errors.Is(err, errTooLarge)
}

// Malformed says that an answer is not one that can be acted upon.
func (r Request) Malformed(why words.Text) *fault.Error {
	return fault.Errorf(fault.MalformedAnswer, "The answer to %s makes no sense: %s", r, why)
}

// Unanswered says that there was no answer that tells anything.
func (r Request) Unanswered(why string) *fault.Error {
	return fault.Errorf(fault.Unreachable, "%s was not answered: %s", r, why)
}

// advised is Unanswered, with what the person at this machine can do about it.
func (r Request) advised(why string, first words.Text) *fault.Error {
	return advise(r.Unanswered(why), first)
}

func advise(err *fault.Error, first words.Text) *fault.Error {
	if first != "" {
		err.Next = &fault.Advice{First: first}
	}
	return err
}

// String names the request. Key ids in it are shown by their last characters.
func (r Request) String() string { return r.Text().String() }

// Text names the request in a sentence.
func (r Request) Text() words.Text {
	if r.On == "" {
		return words.Text(r.Action)
	}
	return words.Textf("%s (%s)", r.Action, words.Text(words.MaskKeys(string(r.On))))
}

// Code is the code of the service's error, or "". UnknownError is the SDK's, where
// the answer has none.
func Code(err error) string {
	var answer smithy.APIError
	if !errors.As(err, &answer) || !isCode(answer.ErrorCode()) ||
		answer.ErrorCode() == "UnknownError" {
		return ""
	}
	return answer.ErrorCode()
}

// IsThrottle tells whether a code means "not now".
func IsThrottle(code string) bool {
	_, known := retry.DefaultThrottleErrorCodes[code]
	return known || slices.Contains(throttledCodes, code)
}

// isCode keeps whatever a proxy may have written in the place of a code out of
// the sentences.
func isCode(text string) bool {
	isOther := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_'
	}
	return text != "" && len(text) <= 64 && strings.IndexFunc(text, isOther) < 0
}

func statusOf(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

func isUnreadable(err error) bool {
	return isRead(err) || statusOf(err) != 0
}

// quote is what AWS says to a request that was refused: which principal lacks
// which right because of which policy is worth its length.
func (r Request) quote(err error) string {
	const longest = 400
	var answer smithy.APIError
	if r.Secret || !errors.As(err, &answer) || answer.ErrorMessage() == "" {
		return ""
	}
	return ": " + words.Short(words.MaskKeys(words.Line(answer.ErrorMessage())), longest)
}

func orStatus(code string, status int) string {
	if code != "" {
		return code
	}
	return fmt.Sprintf("status %d", status)
}
