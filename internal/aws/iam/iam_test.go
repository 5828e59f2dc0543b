package iam_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
	"qovery-key-rotation/internal/test/rotationtest"
)

const (
	user = "qovery"
	id   = rotation.KeyID("AKIA0123456789ABCDEF")
)

func TestAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	users := 0
	open := func(t *testing.T) (rotation.Keys, string) {
		users++
		name := fmt.Sprintf("user-%d", users)
		if _, err := awsiam.NewFromConfig(cfg).CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: &name}); err != nil {
			t.Fatal(err)
		}
		return iam.New(cfg), name
	}
	rotationtest.Keys(t, rotationtest.RealTime(), open)
	t.Run("path", func(t *testing.T) {
		keys, name := open(t)
		if path, err := keys.(*iam.Keys).Path(t.Context(), name); path != "/" || err != nil {
			t.Errorf("%q, %v", path, err)
		}
		if _, err := keys.(*iam.Keys).Path(t.Context(), "no-one"); !fault.HasCode(err, fault.TargetNotFound) {
			t.Error(err)
		}
	})
	t.Run("quarantine", func(t *testing.T) {
		keys, name := open(t)
		client, policy := awsiam.NewFromConfig(cfg), "AWSCompromisedKeyQuarantineV3" // of the account's own
		document := `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}]}`
		made, err := client.CreatePolicy(t.Context(),
			&awsiam.CreatePolicyInput{PolicyName: &policy, PolicyDocument: &document})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.AttachUserPolicy(t.Context(), &awsiam.AttachUserPolicyInput{UserName: &name,
			PolicyArn: made.Policy.Arn}); err != nil {
			t.Fatal(err)
		}
		if found, err := keys.Quarantine(t.Context(), name); len(found) != 0 || err != nil {
			t.Errorf("%q, %v", found, err)
		}
		if _, err := keys.Quarantine(t.Context(), "no-one"); !fault.HasCode(err, fault.TargetNotFound) {
			t.Error(err)
		}
	})
	t.Run("never used", func(t *testing.T) {
		keys, name := open(t)
		key, err := keys.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if owner, err := iam.New(cfg).Owner(t.Context(), key.ID); owner != name || err != nil {
			t.Errorf("its owner is %q (%v)", owner, err)
		}
		if _, err := iam.New(cfg).Owner(t.Context(), id); !errors.Is(err, rotation.ErrNoSuchKey) {
			t.Errorf("a key of another account: %v", err)
		}
		use, err := iam.New(cfg).LastUse(t.Context(), name, key.ID)
		if err != nil || !use.At.IsZero() {
			t.Errorf("%+v, %v", use, err)
		}
	})
}

func TestFaults(t *testing.T) {
	type operation = awstest.Operation
	for name, op := range map[string]operation{
		"list": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.New(cfg).List(ctx, user)
			return err
		}},
		"quarantine": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.New(cfg).Quarantine(ctx, user)
			return err
		}},
		"owner": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.New(cfg).Owner(ctx, id)
			return err
		}},
		"path": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.New(cfg).Path(ctx, user)
			return err
		}},
		"create": {Once: true, Secret: true, Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			key, err := iam.New(cfg).Create(ctx, user)
			if key.ID != "" {
				t.Error("a key and an error")
			}
			return err
		}},
		"set status": {Once: true, Blind: true, Call: func(ctx context.Context, cfg aws.Config) error {
			return iam.New(cfg).SetStatus(ctx, user, id, rotation.Inactive)
		}},
		"delete": {Once: true, Blind: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.New(cfg).Delete(ctx, user, id)
			return err
		}},
		"last use": {Reads: true, Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.New(cfg).LastUse(ctx, user, id)
			return err
		}},
	} {
		op.Protocol = awstest.XMLProtocol
		t.Run(name, func(t *testing.T) { awstest.CheckFaults(t, op) })
	}
}

func TestListReadsAllPages(t *testing.T) {
	server := awstest.Serve(t, awstest.InOrder(
		page(key("AKIA1111111111111111", "Active"), "<IsTruncated>true</IsTruncated><Marker>two</Marker>"),
		page("", "<IsTruncated>true</IsTruncated><Marker>three</Marker>"),
		page(key("AKIA3333333333333333", "Inactive"), "<IsTruncated>false</IsTruncated>"),
	))
	keys, err := iam.New(awstest.Config(server.URL)).List(t.Context(), user)
	if err != nil || len(keys) != 2 || keys[0].ID != "AKIA1111111111111111" ||
		keys[1] != (rotation.AccessKey{ID: "AKIA3333333333333333", Status: rotation.Inactive, CreatedAt: created}) {
		t.Fatalf("%+v, %v", keys, err)
	}
	if requests := server.Requests(); len(requests) != 3 || !strings.Contains(requests[2].Body, "Marker=three") {
		t.Errorf("asked %+v", requests)
	}
}

// A policy of the account's own may have AWS's name for its; no ARN is unknown.
func TestOthersQuarantine(t *testing.T) {
	for policy, want := range map[string]string{
		"<PolicyArn>arn:aws:iam::123456789012:policy/AWSCompromisedKeyQuarantineV3</PolicyArn>": "[] <nil>",
		"<PolicyArn>arn:aws-cn:iam::aws:policy/AWSCompromisedKeyQuarantine</PolicyArn>": "[arn:aws-cn:iam::aws:policy/" +
			"AWSCompromisedKeyQuarantine] <nil>",
		"<PolicyName>AWSCompromisedKeyQuarantineV3</PolicyName>": "[] no ARN",
	} {
		server := awstest.Serve(t, awstest.Always(awstest.XML(http.StatusOK, "<ListAttachedUserPoliciesResponse>"+
			"<ListAttachedUserPoliciesResult><AttachedPolicies><member>"+policy+"</member></AttachedPolicies>"+
			"</ListAttachedUserPoliciesResult></ListAttachedUserPoliciesResponse>")))
		found, err := iam.New(awstest.Config(server.URL)).Quarantine(t.Context(), user)
		if fault.HasCode(err, fault.MalformedAnswer) {
			err = errors.New("no ARN")
		}
		if got := fmt.Sprint(found, err); got != want {
			t.Errorf("%s: %s, want %s", policy, got, want)
		}
	}
}

func TestListThatCannotBeTrusted(t *testing.T) {
	for name, answer := range map[string]awstest.Answer{
		"cut off without a marker": page(key("AKIA1111111111111111", "Active"), "<IsTruncated>true</IsTruncated>"),
		"endless": page(key("AKIA1111111111111111", "Active"),
			"<IsTruncated>true</IsTruncated><Marker>again</Marker>"),
		"no id":               page(key("", "Active"), ""),
		"a masked id":         page(key("AKIA************7EXA", "Active"), ""),
		"an id in lower case": page(key("akiaiosfodnn7example", "Active"), ""),
		"half an id":          page(key("AKIAIOSFODN", "Active"), ""),
		"unknown status":      page(key("AKIA1111111111111111", "Expired"), ""),
		"no date": page("<member><AccessKeyId>AKIA1111111111111111</AccessKeyId><Status>Active</Status></member>",
			""),
		"an unreadable date": page(
			"<member><AccessKeyId>AKIA1111111111111111</AccessKeyId><CreateDate>yesterday</CreateDate></member>", ""),
	} {
		t.Run(name, func(t *testing.T) {
			server := awstest.Serve(t, awstest.Always(answer))
			keys, err := iam.New(awstest.Config(server.URL)).List(t.Context(), user)
			if !fault.HasCode(err, fault.MalformedAnswer) || keys != nil {
				t.Errorf("%v, %v", keys, err)
			}
		})
	}
}

func TestAnEmptyListIsAList(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(page("", "<IsTruncated>false</IsTruncated>")))
	keys, err := iam.New(awstest.Config(server.URL)).List(t.Context(), user)
	if err != nil || len(keys) != 0 {
		t.Errorf("%v, %v", keys, err)
	}
}

func TestReadsAreTriedAgain(t *testing.T) {
	server := awstest.Serve(t, awstest.InOrder(
		awstest.XMLError(500, "InternalFailure", ""), awstest.Hangup(""), awstest.XMLError(400, "Throttling", ""),
		page(key("AKIA1111111111111111", "Active"), ""),
	))
	keys, err := iam.New(awstest.Config(server.URL)).List(t.Context(), user)
	if err != nil || len(keys) != 1 {
		t.Errorf("%v, %v", keys, err)
	}
}

// A 500 after the effect: the deletion is not repeated under the hood, where its
// own effect would look like somebody else's.
func TestAnErrorAfterTheEffect(t *testing.T) {
	server := awstest.Serve(t,
		awstest.InOrder(awstest.XMLError(500, "InternalFailure", ""), awstest.XMLError(404, "NoSuchEntity", "")))
	keys := iam.New(awstest.Config(server.URL))
	if deleted, err := keys.Delete(t.Context(), user, id); deleted || !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("not answered: %v, %v", deleted, err)
	}
	if deleted, err := keys.Delete(t.Context(), user, id); deleted || err != nil {
		t.Errorf("gone: %v, %v", deleted, err)
	}
}

func TestWhatIAMHasNot(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(awstest.XMLError(404, "NoSuchEntity", "The user with name qovery cannot "+
		"be found.")))
	keys := iam.New(awstest.Config(server.URL))
	_, listing := keys.List(t.Context(), user)
	_, creating := keys.Create(t.Context(), user)
	_, using := keys.LastUse(t.Context(), user, id)
	for err, want := range map[error]fault.Code{listing: fault.TargetNotFound, creating: fault.TargetNotFound,
		using: fault.IAMSettling} {
		if !fault.HasCode(err, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := keys.SetStatus(t.Context(), user, id, rotation.Active); !errors.Is(err, rotation.ErrNoSuchKey) {
		t.Error(err)
	}
	if deleted, err := keys.Delete(t.Context(), user, id); deleted || err != nil {
		t.Errorf("gone: %v, %v", deleted, err)
	}
}

func TestKeyLimit(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(awstest.XMLError(409, "LimitExceeded", "Cannot exceed quota for "+
		"AccessKeysPerUser: 2")))
	if _, err := iam.New(awstest.Config(server.URL)).Create(t.Context(), user); !fault.HasCode(err,
		fault.KeyLimitReached) {
		t.Error(err)
	}
	if n := len(server.Requests()); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestCreateThatCannotBeTrusted(t *testing.T) {
	const secret = "<SecretAccessKey>" + awstest.Planted + "</SecretAccessKey>"
	for name, fields := range map[string]string{
		"no secret": "<AccessKeyId>AKIA1111111111111111</AccessKeyId><Status>Active</Status>" +
			"<CreateDate>2026-01-02T03:04:05Z</CreateDate>",
		"no id": secret + "<Status>Active</Status><CreateDate>2026-01-02T03:04:05Z</CreateDate>",
		"no status": secret +
			"<AccessKeyId>AKIA1111111111111111</AccessKeyId><CreateDate>2026-01-02T03:04:05Z</CreateDate>",
		"unreadable date": secret + "<AccessKeyId>AKIA1111111111111111</AccessKeyId><Status>Active</Status><CreateDate>" +
			awstest.Planted + "</CreateDate>",
		"other elements": "<Secret>" + awstest.Planted + "</Oops>",
	} {
		t.Run(name, func(t *testing.T) {
			body := "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey>" + fields +
				"</AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"
			server := awstest.Serve(t, awstest.Always(awstest.XML(200, body)))
			_, err := iam.New(awstest.Config(server.URL)).Create(t.Context(), user)
			if !fault.HasCode(err, fault.MalformedAnswer) || strings.Contains(err.Error(), awstest.Planted) {
				t.Error(err)
			}
			if n := len(server.Requests()); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestLastUse(t *testing.T) {
	used := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		answer string
		want   rotation.Use
		code   fault.Code
	}{
		"used": {lastUsed(
			"<LastUsedDate>2026-01-02T03:04:05Z</LastUsedDate><ServiceName>ecr</ServiceName><Region>eu-west-3</Region>"),
			rotation.Use{At: used, Service: "ecr", Region: "eu-west-3"}, ""},
		"never used": {lastUsed("<ServiceName>N/A</ServiceName><Region>N/A</Region>"), rotation.Use{}, ""},
		"a use without date": {lastUsed("<ServiceName>ecr</ServiceName><Region>eu-west-3</Region>"), rotation.Use{},
			fault.MalformedAnswer},
		"nothing about a use": {lastUsed(""), rotation.Use{}, fault.MalformedAnswer},
		"another user's": {strings.ReplaceAll(lastUsed("<ServiceName>N/A</ServiceName>"), user, "somebody"),
			rotation.Use{}, fault.MalformedAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			server := awstest.Serve(t, awstest.Always(awstest.XML(200, test.answer)))
			use, err := iam.New(awstest.Config(server.URL)).LastUse(t.Context(), user, id)
			if use != test.want || (err != nil) != (test.code != "") || err != nil && !fault.HasCode(err, test.code) {
				t.Errorf("%+v, %v", use, err)
			}
		})
	}
}

// The sentence of AWS about a key that it can't find a user of.
func TestLastUseOfAnUnknownKey(t *testing.T) {
	const role = "User: arn:aws:sts::123456789012:assumed-role/checkusage/f is not authorized to perform: " +
		"iam:GetAccessKeyLastUsed on resource: "
	for message, want := range map[string]fault.Code{
		role + "access key " + string(id) + " because no identity-based policy allows the iam:GetAccessKeyLastUsed " +
			"action": fault.IAMSettling,
		role + "arn:aws:iam::123456789012:user/a/qovery because no identity-based policy allows the " +
			"iam:GetAccessKeyLastUsed action": fault.AccessDenied,
		"": fault.AccessDenied,
	} {
		server := awstest.Serve(t, awstest.Always(awstest.XMLError(http.StatusForbidden, "AccessDenied", message)))
		use, err := iam.New(awstest.Config(server.URL)).LastUse(t.Context(), user, id)
		if !fault.HasCode(err, want) || use != (rotation.Use{}) || strings.Contains(err.Error(), string(id)) {
			t.Errorf("%s: %v, want %s", message, err, want)
		}
	}
}

// IAM authorizes on the user's true path: what is denied says how to find it.
func TestDeniedNamesThePath(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(awstest.XMLError(http.StatusForbidden, "AccessDenied", "no")))
	keys := iam.New(awstest.Config(server.URL))
	_, listing := keys.List(t.Context(), user)
	_, creating := keys.Create(t.Context(), user)
	_, using := keys.LastUse(t.Context(), user, id)
	_, deleting := keys.Delete(t.Context(), user, id)
	setting := keys.SetStatus(t.Context(), user, id, rotation.Active)
	for _, err := range []error{listing, creating, using, deleting, setting} {
		if !fault.HasCode(err, fault.AccessDenied) ||
			!strings.Contains(err.Error(), "iamUserPath") || !strings.Contains(err.Error(), "--user-name qovery") {
			t.Error(err)
		}
	}
}

func TestDeniedTellsWhyAndMasksKeys(t *testing.T) {
	message := "User: arn:aws:sts::123456789012:assumed-role/checkusage is not authorized on " + string(id)
	server := awstest.Serve(t, awstest.Always(awstest.XMLError(http.StatusForbidden, "AccessDenied", message)))
	_, err := iam.New(awstest.Config(server.URL)).List(t.Context(), user)
	if err == nil || !strings.Contains(err.Error(), "assumed-role/checkusage") ||
		!strings.Contains(err.Error(), "iam:ListAccessKeys") ||
		!strings.Contains(err.Error(), "****CDEF") || strings.Contains(err.Error(), string(id)) {
		t.Error(err)
	}
}

var created = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func key(id, status string) string {
	return "<member><UserName>qovery</UserName><AccessKeyId>" + id + "</AccessKeyId><Status>" + status +
		"</Status><CreateDate>2026-01-02T03:04:05Z</CreateDate></member>"
}

func page(keys, more string) awstest.Answer {
	return awstest.XML(200, "<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata>"+keys+
		"</AccessKeyMetadata>"+more+"</ListAccessKeysResult></ListAccessKeysResponse>")
}

func lastUsed(fields string) string {
	return "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><AccessKeyLastUsed>" + fields +
		"</AccessKeyLastUsed><UserName>" + user + "</UserName></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>"
}
