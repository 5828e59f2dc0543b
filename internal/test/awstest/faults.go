package awstest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/rotation"
)

// Planted stands in every bad answer. Of a request that carries a secret, no
// error may repeat it.
const Planted = "PlantedSecretNobodyMayQuote"

// Protocol is how a service answers.
type Protocol struct {
	fail  func(status int, code, message string) Answer
	whole func(status int, body string) Answer
	empty string // what an answer without anything looks like
	open  string // how an answer begins
}

// The two protocols.
var (
	JSONProtocol = Protocol{JSONError, JSON, `{}`, `{"Value":"` + Planted}
	XMLProtocol  = Protocol{XMLError, XML, `<R><Result></Result></R>`, `<R><Result><SecretAccessKey>` + Planted}
)

// nobody listens there: an ordinary user may not, and the system hands out ports
// from 1024 on. A port that was just free could be another test's server.
const nobody = "http://127.0.0.1:1"

type fault struct {
	answer Answer
	want   rotation.Code
}

func (p Protocol) faults() map[string]fault {
	return map[string]fault{
		"throttled":                    {p.fail(400, "ThrottlingException", Planted), rotation.Throttled},
		"throttled with 503":           {p.fail(503, "Throttling", Planted), rotation.Throttled},
		"too many requests, in HTML":   {p.whole(429, "<html>"+Planted), rotation.Throttled},
		"request limit":                {p.fail(400, "RequestLimitExceeded", Planted), rotation.Throttled},
		"denied":                       {p.fail(403, "AccessDenied", Planted), rotation.AccessDenied},
		"denied in the other words":    {p.fail(400, "AccessDeniedException", Planted), rotation.AccessDenied},
		"own credentials expired":      {p.fail(400, "ExpiredTokenException", Planted), rotation.AccessDenied},
		"forbidden by a proxy":         {p.whole(403, "<html>"+Planted), rotation.AccessDenied},
		"internal error":               {p.fail(500, "InternalFailure", Planted), rotation.Unreachable},
		"internal error with 400":      {p.fail(400, "ServiceUnavailable", Planted), rotation.Unreachable},
		"bad gateway, in HTML":         {p.whole(502, "<html>"+Planted), rotation.Unreachable},
		"reset":                        {Hangup(""), rotation.Unreachable},
		"cut":                          {Hangup(p.open), rotation.Unreachable},
		"unexpected error":             {p.fail(400, "ValidationError", Planted), rotation.MalformedAnswer},
		"an error that is no code":     {p.fail(400, "Oh no! "+Planted, ""), rotation.MalformedAnswer},
		"redirect":                     {redirect, rotation.MalformedAnswer},
		"garbage":                      {p.whole(200, "<<{{"+Planted), rotation.MalformedAnswer},
		"the other protocol's garbage": {p.whole(200, `"`+Planted+`"`), rotation.MalformedAnswer},
		"huge":                         {Huge(p.open), rotation.MalformedAnswer},
		"huge error": {func(w http.ResponseWriter) {
			w.WriteHeader(500)
			Huge(p.open)(w)
		}, rotation.Unreachable},
	}
}

func redirect(w http.ResponseWriter) {
	w.Header().Set("Location", "/elsewhere/"+Planted)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// Operation is a call to test.
type Operation struct {
	Protocol Protocol
	Call     func(ctx context.Context, cfg aws.Config) error
	Once     bool // it is never repeated
	Secret   bool // it carries a secret
	// Reads: an answer without anything in it is malformed.
	Reads bool
	// Blind: of a success nothing is read but the status.
	Blind bool
}

// CheckFaults makes everything go wrong that can, and wants the right codes.
func CheckFaults(t *testing.T, op Operation) {
	faults := op.Protocol.faults()
	if op.Reads {
		faults["no body"] = fault{op.Protocol.whole(200, ""), rotation.MalformedAnswer}
		faults["an empty answer"] = fault{op.Protocol.whole(200, op.Protocol.empty), rotation.MalformedAnswer}
	}
	if op.Blind {
		delete(faults, "garbage")
		delete(faults, "the other protocol's garbage")
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := Serve(t, Always(f.answer))
			err := op.Call(t.Context(), Config(server.URL))
			op.check(t, err, f.want)
			if n := len(server.Requests()); op.Once && n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
	t.Run("refused connection", func(t *testing.T) {
		t.Parallel()
		op.check(t, op.Call(t.Context(), Config(nobody)), rotation.Unreachable)
	})
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		server := Serve(t, func(_ http.ResponseWriter, _ Request, _ int) { time.Sleep(time.Second) })
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		op.check(t, op.Call(ctx, Config(server.URL)), rotation.Unreachable)
	})
}

func (op Operation) check(t *testing.T, err error, want rotation.Code) {
	t.Helper()
	if err == nil || !rotation.HasCode(err, want) {
		t.Fatalf("%v, want %s", err, want)
	}
	if op.Secret && strings.Contains(err.Error(), Planted) {
		t.Errorf("the error quotes an answer that may hold a secret: %v", err)
	}
}
