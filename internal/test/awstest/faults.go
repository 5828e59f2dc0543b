package awstest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/rotation/fault"
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

type faultyAnswer struct {
	answer Answer
	want   fault.Code
}

func (p Protocol) faults() map[string]faultyAnswer {
	return map[string]faultyAnswer{
		"throttled":                    {p.fail(400, "ThrottlingException", Planted), fault.Throttled},
		"throttled with 503":           {p.fail(503, "Throttling", Planted), fault.Throttled},
		"too many requests, in HTML":   {p.whole(429, "<html>"+Planted), fault.Throttled},
		"request limit":                {p.fail(400, "RequestLimitExceeded", Planted), fault.Throttled},
		"denied":                       {p.fail(403, "AccessDenied", Planted), fault.AccessDenied},
		"denied in the other words":    {p.fail(400, "AccessDeniedException", Planted), fault.AccessDenied},
		"own credentials expired":      {p.fail(400, "ExpiredTokenException", Planted), fault.AccessDenied},
		"forbidden by a proxy":         {p.whole(403, "<html>"+Planted), fault.AccessDenied},
		"internal error":               {p.fail(500, "InternalFailure", Planted), fault.Unreachable},
		"internal error with 400":      {p.fail(400, "ServiceUnavailable", Planted), fault.Unreachable},
		"bad gateway, in HTML":         {p.whole(502, "<html>"+Planted), fault.Unreachable},
		"reset":                        {Hangup(""), fault.Unreachable},
		"cut":                          {Hangup(p.open), fault.Unreachable},
		"unexpected error":             {p.fail(400, "ValidationError", Planted), fault.MalformedAnswer},
		"an error that is no code":     {p.fail(400, "Oh no! "+Planted, ""), fault.MalformedAnswer},
		"redirect":                     {redirect, fault.MalformedAnswer},
		"garbage":                      {p.whole(200, "<<{{"+Planted), fault.MalformedAnswer},
		"the other protocol's garbage": {p.whole(200, `"`+Planted+`"`), fault.MalformedAnswer},
		"huge":                         {Huge(p.open), fault.MalformedAnswer},
		"huge error": {func(w http.ResponseWriter) {
			w.WriteHeader(500)
			Huge(p.open)(w)
		}, fault.Unreachable},
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
		faults["no body"] = faultyAnswer{op.Protocol.whole(200, ""), fault.MalformedAnswer}
		faults["an empty answer"] = faultyAnswer{op.Protocol.whole(200, op.Protocol.empty), fault.MalformedAnswer}
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
		op.check(t, op.Call(t.Context(), Config(nobody)), fault.Unreachable)
	})
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		server := Serve(t, func(_ http.ResponseWriter, _ Request, _ int) { time.Sleep(time.Second) })
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		op.check(t, op.Call(ctx, Config(server.URL)), fault.Unreachable)
	})
}

func (op Operation) check(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if err == nil || !fault.HasCode(err, want) {
		t.Fatalf("%v, want %s", err, want)
	}
	if op.Secret && strings.Contains(err.Error(), Planted) {
		t.Errorf("the error quotes an answer that may hold a secret: %v", err)
	}
}
