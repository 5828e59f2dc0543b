package lab

import (
	"log/slog"
	"net/http"

	"qovery-key-rotation/internal/lab/fakeqovery"
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
		Clock: stepClock{w.Timeline, w}, Journal: w.Journal, Keys: w.IAM, Usage: w.IAM, Trail: w.Trail, Identities: w.IAM,
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

// steps makes the steps as the functions make them.
func (p Ports) steps(log *slog.Logger, newID func() string) map[string]rotation.Step {
	guard := rotation.Guard{Clock: p.Clock, Journal: p.Journal, Log: log}
	orphans := rotation.Orphans{Usage: p.Usage, Trail: p.Trail, CreatedBy: CreatorRole}
	return map[string]rotation.Step{
		"preflight": rotation.Preflight{Guard: guard,
			Needs:   rotation.Needs{Usage: p.Usage, Trail: p.Trail, Staging: p.Staging},
			Targets: p.Targets, Keys: p.Keys, Qovery: p.Qovery, Executions: p.Executions, NewID: newID},
		"createkey": rotation.CreateKey{Guard: guard, Keys: p.Keys, Orphans: orphans, Qovery: p.Qovery,
			Staging: p.Staging},
		"verifykey":         rotation.VerifyKey{Guard: guard, Staging: p.Staging, Identities: p.Identities},
		"updatecredentials": rotation.UpdateCredentials{Guard: guard, Keys: p.Keys, Qovery: p.Qovery, Staging: p.Staging},
		"deployclusters":    rotation.DeployClusters{Guard: guard, Keys: p.Keys, Qovery: p.Qovery},
		"checkusage":        rotation.CheckUsage{Guard: guard, Keys: p.Keys, Usage: p.Usage, Trail: p.Trail},
		"deactivatekey":     rotation.DeactivateKey{Guard: guard, Keys: p.Keys, Qovery: p.Qovery},
		"deletekey":         rotation.DeleteKey{Guard: guard, Keys: p.Keys, Qovery: p.Qovery},
		"complete":          rotation.Complete{Guard: guard, Keys: p.Keys, Qovery: p.Qovery, Staging: p.Staging},
		"discardkey": rotation.DiscardKey{Guard: guard, Keys: p.Keys, Orphans: orphans, Qovery: p.Qovery,
			Staging: p.Staging},
		"reactivatekey": rotation.ReactivateKey{Guard: guard, Keys: p.Keys},
	}
}
