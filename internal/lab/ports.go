package lab

import (
	"log/slog"
	"net/http"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
)

// Ports are what the steps have of a world.
type Ports struct {
	Clock      rotation.Clock
	Journal    rotation.Journal
	Keys       rotation.Keys
	Usage      rotation.UsageLog
	Trail      rotation.Trail
	Identities rotation.Identities
	Targets    rotation.Targets
	Staging    rotation.Staging
	Executions rotation.Executions
	Qovery     rotation.Qovery
	// Around wraps a step that a function is called for; nil: none is.
	Around func(rotation.Step) rotation.Step
	// Audit wraps the daily audit; nil: nothing does.
	Audit func(audit.Auditor) audit.Auditor
	// Tell changes what people are told, or drops it; nil: it does not.
	Tell func(*Told) (sent bool)
}

// ports are this world's, the real Qovery client among them.
func (w *World) ports() (Ports, error) {
	client, err := qovery.New(qovery.Options{
		BaseURL:   "https://qovery.simulated",
		Transport: &qoveryTransport{world: w, inner: w.transport(), sites: map[requestLine]string{}},
		Token:     w.SSM.Token,
		Clock:     w.Timeline,
		Jitter:    w.random.Float64,
	})
	return Ports{
		Clock: stepClock{w.Timeline}, Journal: w.Journal, Keys: w.IAM, Usage: w.IAM, Trail: w.Trail, Identities: w.IAM,
		Targets: w.SSM, Staging: w.SSM, Executions: w.Executions, Qovery: client,
	}, err
}

// transport leads to Qovery, behind what stands in front of it.
func (w *World) transport() http.RoundTripper {
	return fakeqovery.Transport(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		var handler http.Handler = w.Qovery
		if w.Front != nil {
			handler = w.Front(handler)
		}
		handler.ServeHTTP(answer, request)
	}))
}

// ageLimit is the age at which a key is too old, a week above the target's rate.
const ageLimit = 97 * 24 * time.Hour

// steps makes the steps as the functions make them.
func (p Ports) steps(log *slog.Logger, newID func() string) map[string]rotation.Step {
	guard := func(w rotation.Writers) rotation.Guard { return rotation.NewGuard(p.Clock, log, p.Journal, w) }
	orphans := rotation.Orphans{Usage: p.Usage, Trail: p.Trail, CreatedBy: CreatorRole}
	keys, staging := rotation.Writers{Keys: p.Keys}, rotation.Writers{Staging: p.Staging}
	both := rotation.Writers{Keys: p.Keys, Staging: p.Staging}
	organizations := rotation.ReadOnly(p.Qovery)
	return map[string]rotation.Step{
		"preflight": rotation.Preflight{Guard: guard(staging),
			Needs:   rotation.Needs{Usage: p.Usage, Trail: p.Trail, Staging: p.Staging},
			Targets: p.Targets, Keys: p.Keys, Qovery: organizations, Executions: p.Executions, NewID: newID, AgeLimit: ageLimit},
		"createkey": rotation.CreateKey{Guard: guard(both), Keys: p.Keys, Orphans: orphans, Qovery: organizations,
			Staging: p.Staging},
		"verifykey": rotation.VerifyKey{Guard: guard(rotation.Writers{}), Staging: p.Staging, Identities: p.Identities},
		"updatecredentials": rotation.UpdateCredentials{
			Guard: guard(rotation.Writers{Staging: p.Staging, Qovery: p.Qovery}), Keys: p.Keys, Staging: p.Staging},
		"deployclusters": rotation.Rollout{Guard: guard(rotation.Writers{Qovery: p.Qovery}), Keys: p.Keys},
		"checkusage": rotation.CheckUsage{Guard: guard(rotation.Writers{}), Keys: p.Keys, Usage: p.Usage,
			Trail: p.Trail},
		"deactivatekey": rotation.DeactivateKey{Guard: guard(keys), Keys: p.Keys, Qovery: organizations},
		"deletekey":     rotation.DeleteKey{Guard: guard(keys), Keys: p.Keys, Qovery: organizations},
		"complete":      rotation.Complete{Guard: guard(staging), Keys: p.Keys, Qovery: organizations},
		"discardkey":    rotation.DiscardKey{Guard: guard(both), Keys: p.Keys, Orphans: orphans, Qovery: organizations},
		"reactivatekey": rotation.ReactivateKey{Guard: guard(keys), Keys: p.Keys},
	}
}

// stepClock is the clock of the machine that a function runs on, which need not
// be right.
type stepClock struct{ *Timeline }

// Now is what that clock shows.
func (c stepClock) Now() time.Time {
	now := c.Timeline.Now()
	if process := c.Current(); process != nil {
		now = now.Add(process.ahead)
	}
	return now
}
