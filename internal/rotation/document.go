package rotation

import (
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Document is what travels through the state machine. It holds no secret and no
// whole key id: steps take the keys from the journal. It stays under 300 bytes a
// cluster, because Step Functions carries 256 KiB at most.
type Document struct {
	Target     string        `json:"target"`
	Abort      bool          `json:"abort,omitempty"`
	Kind       Kind          `json:"kind,omitempty"`
	NotBefore  WaitTime      `json:"notBefore"`
	UnheldAt   time.Time     `json:"unheldAt,omitzero"` // no location held the key to retire
	Plan       PlanReport    `json:"plan"`
	Settings   target.Target `json:"settings"` // the target, with the execution's longer timings
	RotationID string        `json:"rotationId,omitempty"`
	TakenAt    time.Time     `json:"takenAt,omitzero"`
	Fence      int           `json:"fence,omitempty"`
	// as last seen; a change brings fresh attempts and deadlines
	RedriveCount int       `json:"redriveCount,omitempty"`
	OldKey       string    `json:"oldKey,omitempty"`         // last four characters
	OldKeyMade   time.Time `json:"oldKeyCreatedAt,omitzero"` // zero when IAM did not list it any more
	NewKey       string    `json:"newKey,omitempty"`         // last four characters
	CarriedOn    bool      `json:"carriedOn,omitempty"`      // another execution began this rotation
	// Leaked are the last four characters of the keys that leaked, with how each goes out of service.
	Leaked      map[string]target.How `json:"leaked,omitempty"`
	Identity    string                `json:"identity,omitempty"` // whose key STS says the new one is
	UpdatedAt   time.Time             `json:"updatedAt,omitzero"` // the last PUT
	ReadBack    *ReadBack             `json:"readBack,omitempty"`
	Deployment  Deployment            `json:"deployment"`
	GraceEndsAt WaitTime              `json:"graceEndsAt"`
	Usage       UsageCheck            `json:"usage"`
	// by this execution; from then on clusters are deployed to verify
	Deactivated  time.Time    `json:"deactivatedAt,omitzero"`
	ObservedAt   WaitTime     `json:"observationEndsAt"`
	Verification CanaryRun    `json:"verification"`
	Summaries    []Summary    `json:"summaries,omitempty"` // of the rotations this execution completed
	NextIsDue    bool         `json:"nextIsDue"`           // another rotation of the same target is due at once
	Error        *CaughtError `json:"error,omitempty"`     // what a Catch put there
	// Marks are the journal's, as of the last step that wrote them: the evidence of
	// what was done, and of what was found done. No step believes them.
	Marks map[Effect]Mark `json:"marks,omitempty"`
}

// CaughtError is what Step Functions' Catch reports.
type CaughtError struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// amend adds to the cause what has become of it since: the step that failed could
// not know what the way back would do.
func (e *CaughtError) amend(since words.Text) {
	if e != nil {
		e.Cause = fault.Amend(e.Cause, since)
	}
}

// ReadBack is the proof of UpdateCredentials, or of a migration: what Qovery showed afterwards.
type ReadBack struct {
	At time.Time `json:"at"`
	// Missing are the names of those that were to be rotated and that Qovery did
	// not list any more.
	Missing []string `json:"missing,omitempty"`
	// Locations are the names of the places that showed the new key, or the role, by kind, each
	// cut to 32 bytes. Their ids are in the journal.
	Locations map[LocationKind][]string `json:"locations"`
}

func newReadBack(locations []Location, missing []LocationRef, at time.Time) *ReadBack {
	proof := &ReadBack{At: at, Locations: map[LocationKind][]string{}}
	for _, l := range missing {
		proof.Missing = append(proof.Missing, shortName(l.Name))
	}
	for _, l := range locations {
		proof.Locations[l.Kind] = append(proof.Locations[l.Kind], shortName(l.Name))
	}
	return proof
}

// Deployment is the progress of DeployClusters.
type Deployment struct {
	Next          Next              `json:"next"`
	NextPollAt    WaitTime          `json:"nextPollAt"`
	Wave          int               `json:"wave,omitempty"` // 1: non-production, 2: production
	WaveStartedAt time.Time         `json:"waveStartedAt,omitzero"`
	Returns       int               `json:"returns,omitempty"` // how often DeactivateKey sent the definition back
	Clusters      []ClusterProgress `json:"clusters,omitempty"`
	// where the old key may have been used; Preflight has proved that they can be searched
	Regions []string `json:"regions,omitempty"`
}

// SoakEnds is when the last of the clusters that a migration has moved has run with the role
// for long enough; zero: none is moved yet.
func (doc *Document) SoakEnds() (ends time.Time) {
	for _, progress := range doc.Deployment.Clusters {
		if progress.DoneAt.IsZero() {
			continue
		}
		if end := progress.DoneAt.Add(time.Duration(doc.Settings.ObservationPeriod)); end.After(ends) {
			ends = end
		}
	}
	return ends
}

// Next says where the state machine goes from a polling step.
type Next string

// Where the polling steps lead.
const (
	PollAgain  Next = "POLL"
	GoOn       Next = "GO_ON"
	OldKeyGone Next = "OLD_KEY_GONE"
	AllMoved   Next = "MOVED"
	MovedBack  Next = "MOVED_BACK" // and the document has the error with which it ends
	Leak       Next = "LEAK"       // the old key leaked, and goes out of service now
)

// CanaryRun is the progress of VerifyDeployment.
type CanaryRun struct {
	Next       Next             `json:"next"`
	NextPollAt WaitTime         `json:"nextPollAt"`
	StartedAt  time.Time        `json:"startedAt,omitzero"`
	Canary     *ClusterProgress `json:"canary,omitempty"`
}

// UsageCheck is the result of CheckUsage.
type UsageCheck struct {
	Idle        bool            `json:"idle"`
	Gone        bool            `json:"gone,omitempty"` // IAM did not list the old key, and its uses were not asked for
	CheckedAt   time.Time       `json:"checkedAt,omitzero"`
	LastUseAt   time.Time       `json:"lastUseAt,omitzero"`
	LastUse     string          `json:"lastUse,omitempty"`
	NextCheckAt WaitTime        `json:"nextCheckAt"`
	Extended    target.Duration `json:"extended"`            // how much longer the grace period has become
	Returns     int             `json:"returns,omitempty"`   // how often DeactivateKey sent the definition back since
	TakenOver   *Use            `json:"takenOver,omitempty"` // the new key's first use by anything but this system
}

// PlanReport is the plan as people and ChoosePlan see it.
type PlanReport struct {
	Action Action `json:"action"`
	Reason string `json:"reason"`
	// The rest is the answer to a dry run.
	Would     Action        `json:"would,omitempty"`   // what a real execution would do
	Refused   string        `json:"refused,omitempty"` // the code of what would make it wait or refuse
	Because   words.Text    `json:"because,omitempty"` // why, in a sentence
	Advice    *fault.Advice `json:"advice,omitempty"`  // what to do about that
	Locations []LocationRef `json:"locations,omitempty"`
	// Clusters are in the order of deployment.
	Clusters []PlannedCluster `json:"clusters,omitempty"`
	Skipped  []string         `json:"skipped,omitempty"` // names of clusters that would be passed over
	// Variables says what the audits remember of variables and arguments, and since when.
	Variables string `json:"variables,omitempty"`
}

// PlannedCluster is a cluster that would be deployed.
type PlannedCluster struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Wave   int    `json:"wave"`
	// Undeployed: changes are saved for it, which its deployment rolls out.
	Undeployed bool `json:"undeployed,omitempty"`
}

// DeploysNothing reports of a plan to rotate whether every cluster is passed over.
func (p PlanReport) DeploysNothing() bool { return p.Would == ActionCreate && len(p.Clusters) == 0 }

// Summary is the outcome of one completed rotation.
type Summary struct {
	Target           string    `json:"target"`
	RotationID       string    `json:"rotationId"`
	OldKey           string    `json:"oldKey"`
	NewKey           string    `json:"newKey"`
	OldKeyCreatedAt  time.Time `json:"oldKeyCreatedAt,omitzero"`
	StartedAt        time.Time `json:"startedAt"`
	NewKeyCreatedAt  time.Time `json:"newKeyCreatedAt,omitzero"`
	UpdatedAt        time.Time `json:"updatedAt,omitzero"`
	OldKeyInactiveAt time.Time `json:"oldKeyInactiveAt,omitzero"` // zero: this rotation did not make it so
	OldKeyDeletedAt  time.Time `json:"oldKeyDeletedAt,omitzero"`  // zero: nor did it delete it, for all that is known
	OldKeyGoneBy     time.Time `json:"oldKeyGoneBy,omitzero"`     // when it was found gone
	OldKeyDeletion   How       `json:"oldKeyDeletion,omitempty"`
	CompletedAt      time.Time `json:"completedAt"`
	MovedTo          string    `json:"movedTo,omitempty"`        // the credentials, of a migration
	LocationsMoved   int       `json:"locationsMoved,omitempty"` // that it gave the role
	ClustersDeployed int       `json:"clustersDeployed"`
	ClustersSkipped  []string  `json:"clustersSkipped,omitempty"`
	// names of those among them that still use the old key, which leaked
	ClustersBroken []string `json:"clustersBroken,omitempty"`
	RolledOut      []string `json:"rolledOut,omitempty"` // names of clusters with saved changes that were deployed, too
	// proof that it took over, as far as CloudTrail tells
	FirstUseOfNewKey *Use                `json:"firstUseOfNewKey,omitempty"`
	LastUseOfOldKey  time.Time           `json:"lastUseOfOldKey,omitzero"`
	GraceExtendedBy  target.Duration     `json:"graceExtendedBy"`
	Verification     target.Verification `json:"verification"`
}

// FoundNoClusters: none uses the new key, because the credentials that held the old one served
// none any more.
func (s Summary) FoundNoClusters() bool {
	return s.NewKey != "" && s.ClustersDeployed == 0 && len(s.ClustersSkipped) == 0
}
