package rotation

import "time"

// FunctionTimeouts is how long an invocation of each function may take. The
// Task's TimeoutSeconds and the retries that outlast a lease follow from it.
var FunctionTimeouts = map[string]time.Duration{
	"preflight":         2 * time.Minute,
	"createkey":         2 * time.Minute,
	"verifykey":         4 * time.Minute, // STS is asked for up to three
	"updatecredentials": 10 * time.Minute,
	"deployclusters":    5 * time.Minute, // 250 clusters are started a quarter of a second apart
	"checkusage":        time.Minute,
	"deactivatekey":     2 * time.Minute,
	"deletekey":         2 * time.Minute,
	"complete":          time.Minute,
	"discardkey":        2 * time.Minute,
	"reactivatekey":     2 * time.Minute,
}
