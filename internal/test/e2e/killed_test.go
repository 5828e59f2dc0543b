//go:build integration

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/test/awstest"
)

// kill is a function that is killed once a call has had its effect, and before
// it hears of that.
type kill struct {
	name     string
	function string
	action   string // of AWS, or a request to Qovery: "PUT /aws/credentials"
	n        int    // it is the function's n-th of these
	site     string // of the same call on the simulator, where it has a number of its own
	siteN    int
	state    string // whose way must be gone; empty: the plain rotation comes there
}

var kills = []kill{
	{"the lock is taken", "preflight", "dynamodb:PutItem", 1, "journal.Save", 1, ""},
	{"the key is created", "createkey", "iam:CreateAccessKey", 1, "iam.CreateAccessKey", 1, ""},
	{"the secret is staged", "createkey", "ssm:PutParameter", 2, "staging.Put", 2, ""},
	{"the credentials are changed", "updatecredentials", "PUT", 1, "qovery.PUT /aws/credentials", 1, ""},
	{"the staged secret is destroyed", "updatecredentials", "ssm:DeleteParameter", 1, "staging.Delete", 3, ""},
	{"a deployment is started", "deployclusters", "POST", 1, "qovery.POST /cluster/deploy", 1, ""},
	{"the old key is Inactive", "deactivatekey", "iam:UpdateAccessKey", 1, "iam.UpdateAccessKey", 1, ""},
	{"the canary is started", "deployclusters", "POST", 3, "qovery.POST /cluster/deploy", 3, ""},
	{"the old key is deleted", "deletekey", "iam:DeleteAccessKey", 1, "iam.DeleteAccessKey", 1, ""},
	{"the record is closed", "complete", "dynamodb:TransactWriteItems", 1, "journal.Close", 1, ""},
	{"the new key is discarded", "discardkey", "iam:DeleteAccessKey", 1, "iam.DeleteAccessKey", 1, "DiscardKey"},
	{"the discard is closed", "discardkey", "dynamodb:TransactWriteItems", 1, "journal.Close", 1, "DiscardKey"},
	{"the old key is back", "reactivatekey", "iam:UpdateAccessKey", 1, "iam.UpdateAccessKey", 2, "ReactivateKey"},
}

// TestKilledAfterEffect kills a function in each step that has an effect.
func TestKilledAfterEffect(t *testing.T) {
	for _, k := range kills {
		t.Run(strings.ReplaceAll(k.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			k.run(t)
		})
	}
}

func (k kill) run(t *testing.T) {
	w := testWorld(t, lab.Setup{})
	way := wayTo[k.state]
	if way.here != nil {
		way.here(w)
	}
	killed := k.arm(w)
	w.clock.Script(func() { w.start("rotation", "").wait() })
	if !*killed {
		t.Fatalf("%s has not done %s", k.function, k.action)
	}
	sameAs(w, way.sim, fmt.Sprintf(`fault "%s#%d" kill-after`, k.site, k.siteN), "run rotation")
	w.check()
	if k.state == "" {
		w.completed()
	}
	if !t.Failed() {
		row("%-30s %s, the same path", "killed: "+k.name, w.summaryOfRuns())
	}
}

// arm has the function killed.
func (k kill) arm(w *world) (killed *bool) {
	killed = new(bool)
	kill := func() {
		*killed = true
		w.worker(k.function).Kill()
	}
	if method := k.action; !strings.Contains(method, ":") {
		count := 0
		w.hook(func(r *http.Request) (apply bool, answer *fakeqovery.Answer) {
			if r.Method != method {
				return true, nil
			}
			if count++; count != k.n {
				return true, nil
			}
			kill()
			return true, &fakeqovery.Answer{Dropped: true}
		})
		return killed
	}
	w.gateway.Fault = func(call awstest.Call) awstest.Fault {
		if call.Caller != callerOf(k.function) || call.Action != k.action || call.N != k.n {
			return awstest.Fault{}
		}
		return awstest.Fault{Then: kill, Drop: true}
	}
	return killed
}
