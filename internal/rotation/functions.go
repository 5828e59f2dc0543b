package rotation

import "time"

// FunctionTimeouts is how long an invocation of each function may take. The
// Task's TimeoutSeconds and the retries that outlast a lease follow from it.
var FunctionTimeouts = map[string]time.Duration{
	"preflight":         5 * time.Minute, // the DNS providers of 250 clusters are one request each
	"createkey":         5 * time.Minute,
	"verifykey":         4 * time.Minute, // STS is asked for up to three
	"updatecredentials": 10 * time.Minute,
	"deployclusters":    5 * time.Minute, // 250 clusters are started a quarter of a second apart
	"checkusage":        5 * time.Minute, // CloudTrail gives two pages a second, and any number of empty ones
	"deactivatekey":     5 * time.Minute,
	"deletekey":         5 * time.Minute,
	"complete":          time.Minute,
	"discardkey":        5 * time.Minute,
	"reactivatekey":     2 * time.Minute,
}
