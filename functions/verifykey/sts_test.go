package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

const id = rotation.KeyID("AKIA0123456789ABCDEF")

var secret = rotation.NewSecret(awstest.Planted)

func TestAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	_, err := awsiam.NewFromConfig(cfg).CreateUser(t.Context(),
		&awsiam.CreateUserInput{UserName: aws.String("qovery"), Path: aws.String("/automation/")})
	if err != nil {
		t.Fatal(err)
	}
	key, err := iam.New(cfg).Create(t.Context(), "qovery")
	if err != nil {
		t.Fatal(err)
	}
	identity, err := identities{cfg}.CallerIdentity(t.Context(), key.ID, key.Secret)
	if err != nil || identity.ARN != "arn:aws:iam::"+identity.Account+":user/automation/qovery" ||
		len(identity.Account) != 12 {
		t.Errorf("%+v, %v", identity, err)
	}
}

// The key signs, and neither its secret nor the function's session is sent.
func TestTheKeySigns(t *testing.T) {
	server := awstest.Serve(t,
		awstest.Always(answer("<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/qovery</Arn>")))
	identity, err := identities{awstest.Config(server.URL)}.CallerIdentity(t.Context(), id, secret)
	if err != nil ||
		identity != (rotation.Identity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/qovery"}) {
		t.Fatalf("%+v, %v", identity, err)
	}
	request := server.Requests()[0]
	if agent := request.Header.Get("User-Agent"); !strings.Contains(agent, " app/qovery-key-rotation") {
		t.Errorf("the sender is %q, which CloudTrail's adapter knows this system's own requests by", agent)
	}
	if signed := request.Header.Get("Authorization"); !strings.Contains(signed, "Credential="+string(id)+"/") ||
		!strings.Contains(signed, "/"+awstest.Region+"/sts/") {
		t.Errorf("signed %s", signed)
	}
	for name, values := range request.Header {
		if strings.Contains(strings.Join(values, ""), awstest.Planted) || name == "X-Amz-Security-Token" {
			t.Errorf("sent %s", name)
		}
	}
	if strings.Contains(request.Body, awstest.Planted) {
		t.Error("the secret is sent")
	}
}

// Without an endpoint of the test's own, the region's is asked.
func TestTheRegionIsAsked(t *testing.T) {
	cfg, asked := awstest.Config(""), &hosts{}
	cfg.HTTPClient = asked
	_, err := identities{cfg}.CallerIdentity(t.Context(), id, secret)
	if !fault.HasCode(err, fault.Unreachable) || asked.last != "sts."+awstest.Region+".amazonaws.com" {
		t.Errorf("asked %s: %v", asked.last, err)
	}
}

// hosts answers nothing, and remembers who was asked.
type hosts struct{ last string }

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.last = r.URL.Host
	return nil, io.EOF
}

func TestRefused(t *testing.T) {
	for _, code := range []string{"InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"} {
		server := awstest.Serve(t, awstest.Always(awstest.XMLError(403, code, "The security token included in the request "+
			"is invalid.")))
		_, err := identities{awstest.Config(server.URL)}.CallerIdentity(t.Context(), id, secret)
		if !errors.Is(err, rotation.ErrKeyRefused) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestFaults(t *testing.T) {
	awstest.CheckFaults(t, awstest.Operation{Protocol: awstest.XMLProtocol, Secret: true, Reads: true,
		Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := identities{cfg}.CallerIdentity(ctx, id, secret)
			return err
		}})
}

func TestHalfAnAnswer(t *testing.T) {
	for _, fields := range []string{"<Account>123456789012</Account>",
		"<Arn>arn:aws:iam::123456789012:user/qovery</Arn>"} {
		server := awstest.Serve(t, awstest.Always(answer(fields)))
		_, err := identities{awstest.Config(server.URL)}.CallerIdentity(t.Context(), id, secret)
		if !fault.HasCode(err, fault.MalformedAnswer) {
			t.Error(err)
		}
	}
}

func answer(fields string) awstest.Answer {
	return awstest.XML(200, "<GetCallerIdentityResponse><GetCallerIdentityResult>"+fields+
		"</GetCallerIdentityResult></GetCallerIdentityResponse>")
}
