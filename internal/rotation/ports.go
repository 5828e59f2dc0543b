package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// Every port returns *Error with one of the codes AccessDenied, Throttled,
// Unreachable or MalformedAnswer (and those its own comment names), or a value
// that is true. "I could not find out" is always an error, never a "no".

// Clock is time.
type Clock interface {
	Now() time.Time
	// Sleep waits, or returns ctx's error when that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Targets are the deployed target configurations.
type Targets interface {
	// Target returns a target, checked. Also TargetNotFound, InvalidInput.
	Target(ctx context.Context, name string) (target.Target, error)
}

// Ports that can change something are in two halves. Steps have the reader of each;
// the writer is the guard's (guard.go).

// Keys are the access keys of IAM users.
type Keys interface {
	KeyReader
	KeyWriter
}

// KeyReader lists keys. Lists lag behind changes by seconds, now and then by minutes.
type KeyReader interface {
	// List returns all keys of the user. Also TargetNotFound when there is no such user.
	List(ctx context.Context, user string) ([]AccessKey, error)
	// Quarantine returns the ARNs of the policies that AWS has attached to the user
	// because it found a key of the user's in public. They deny what deployments need.
	Quarantine(ctx context.Context, user string) (policies []string, err error)
}

// KeyWriter changes keys.
type KeyWriter interface {
	// Create is sent once and never repeated. AccessDenied, Throttled and
	// KeyLimitReached mean that no key was created; with any other error one may
	// have been, or may yet be.
	Create(ctx context.Context, user string) (NewAccessKey, error)
	// SetStatus makes a key Active or Inactive. That it was so already IAM does not
	// tell. It is sent once; AccessDenied means that the key is as it was. Also
	// ErrNoSuchKey.
	SetStatus(ctx context.Context, user string, id KeyID, status KeyStatus) error
	// Delete deletes a key, and tells whether it did: false says that IAM knew no
	// such key. It is sent once, so that a false is never its own doing.
	Delete(ctx context.Context, user string, id KeyID) (deleted bool, err error)
}

// ErrNoSuchKey says that IAM knows no such access key.
var ErrNoSuchKey = errors.New("no such access key")

// UsageLog is IAM's own note of when a key was last used. It lags, and it is a
// hint and not a proof.
type UsageLog interface {
	// LastUse returns the latest known use of the key. A zero Use.At means that
	// no use is known.
	LastUse(ctx context.Context, user string, id KeyID) (Use, error)
}

// Trail is CloudTrail: what was done with a key, event by event, in the last 90
// days. Events become known minutes late, and each region has its own.
//
// The time of ctx bounds a search. One that runs out of it is Unreachable: the
// retry starts over, because an invocation that fails can't hand its place on, and
// newer events come in front of those seen. It succeeds if CloudTrail answers
// faster or with fuller pages by then; if not, the state's retries end, and the
// rotation pauses with both keys Active.
//
// A name that isn't one of AWS's regions is RegionNotSearchable (CheckRegions).
type Trail interface {
	// LatestUses returns the latest uses of the key since a time, the latest
	// first, at most a handful.
	LatestUses(ctx context.Context, id KeyID, since time.Time, regions []string) ([]Use, error)
	// FirstUse returns the first use since a time by anything but this system
	// itself, or a zero Use.
	FirstUse(ctx context.Context, id KeyID, since time.Time, regions []string) (Use, error)
	// Creator returns the ARN of the role or user that created the key at that
	// time, or "" when no event tells (yet).
	Creator(ctx context.Context, id KeyID, created time.Time) (string, error)
}

// Use is one use of an access key, as far as is known.
type Use struct {
	At      time.Time `json:"at"`                // zero: never used, as far as is known
	Event   string    `json:"event,omitempty"`   // "GetAuthorizationToken"; empty when it is not known
	Service string    `json:"service,omitempty"` // "ecr", "eks", ...
	Region  string    `json:"region,omitempty"`  // "eu-west-3", ...
	Source  string    `json:"source,omitempty"`  // address that it came from; empty when it is not known
	// what it came from, at most 100 bytes; empty when it is not known
	UserAgent string `json:"userAgent,omitempty"`
}

// Identities tells whose key it is.
type Identities interface {
	// CallerIdentity signs a request with the key. A key that STS refuses is
	// ErrKeyRefused, which for a new key is nothing unusual.
	CallerIdentity(ctx context.Context, id KeyID, secret Secret) (Identity, error)
}

// ErrKeyRefused says that STS does not accept the key (yet).
var ErrKeyRefused = errors.New("the access key is not accepted")

// Identity is STS's answer to GetCallerIdentity.
type Identity struct {
	Account string // twelve digits
	ARN     string // arn:aws:iam::123456789012:user/path/name
}

// Staging keeps the new key's secret until the locations hold it. Each secret
// is stored under its key's id.
type Staging interface {
	StagingReader
	StagingWriter
}

// StagingReader reads staged secrets.
type StagingReader interface {
	// Readable makes sure that secrets can be read, without reading one: it asks for
	// a parameter that is never there.
	Readable(ctx context.Context) error
	// Has tells whether a secret is stored, without reading it.
	Has(ctx context.Context, id KeyID) (bool, error)
	// Get reads a secret. Also ErrNotStaged. A stored value for another key id
	// is MalformedAnswer with NextAfterWrongSecret.
	Get(ctx context.Context, id KeyID) (Secret, error)
}

// StagingWriter stages secrets.
type StagingWriter interface {
	// Put stores a secret, and tells whether it did: one that is there already is
	// left alone, and found out to be the same, or MalformedAnswer.
	Put(ctx context.Context, id KeyID, secret Secret) (stored bool, err error)
	// Delete destroys a secret. Already gone is success.
	Delete(ctx context.Context, id KeyID) error
}

// NextAfterWrongSecret is what to do about a staged value that is not the secret
// of its key: no retry makes it right, and nobody can use it, so that deleting it
// loses nothing.
func NextAfterWrongSecret() *fault.Advice {
	return &fault.Advice{First: "Someone has written to that parameter. Its content is of no use: delete it",
		Do: fault.Start}
}

// ErrNotStaged says that no secret is staged for the key.
var ErrNotStaged = errors.New("no secret is staged for the key")

// Executions tells how executions of the state machine are doing.
type Executions interface {
	// State is eventually consistent.
	State(ctx context.Context, arn string) (ExecutionState, error)
}

// ExecutionState is as much as the plan needs to know of an execution.
type ExecutionState string

// States of an execution.
const (
	ExecutionRunning ExecutionState = "running"
	ExecutionEnded   ExecutionState = "ended"
	// ExecutionUnknown: Step Functions knows no such execution. It forgets
	// them after 90 days, and may not know one yet that has just begun.
	ExecutionUnknown ExecutionState = "unknown"
)

// Journal is the table that says who rotates which IAM user, what was begun,
// what was done, and how rotations ended. All reads are consistent.
type Journal interface {
	JournalReader
	JournalWriter
}

// JournalReader reads the journal.
type JournalReader interface {
	// Load returns the open record of the user, with the time at which it was read by
	// the journal's clock, or nil.
	Load(ctx context.Context, iamUser string) (*Record, error)
	// Ended returns how a rotation ended, or nil.
	Ended(ctx context.Context, iamUser string, takenAt time.Time, rotationID string) (*HistoryItem, error)
	Memory
}

// Memory is what the journal keeps beside records, each document under a name.
type Memory interface {
	// Recall reads it into a document, which it leaves as it is when there is none.
	// One that is no such document is MalformedAnswer.
	Recall(ctx context.Context, name string, into any) error
}

// JournalWriter changes the journal.
type JournalWriter interface {
	// Save stores the record if the stored one is the same rotation's and has the
	// revision before the record's (revision 1: if there is none), else ErrConflict.
	Save(ctx context.Context, record Record) error
	// Close removes the open record and adds the history item in one
	// transaction, if the stored record is the same rotation's and still has
	// item.Record's revision, else ErrConflict.
	Close(ctx context.Context, item HistoryItem) error
}

// ErrConflict says that the journal's record is not the one that was expected.
var ErrConflict = errors.New("the journal's record has changed")

// Qovery opens organizations.
type Qovery interface {
	// Open reads the organization's API token and returns the organization.
	// Also TokenRefused when the token cannot be read or is empty.
	Open(ctx context.Context, target target.Target) (Organization, error)
}

// QoveryReader opens organizations that are only read.
type QoveryReader interface {
	Open(ctx context.Context, target target.Target) (OrganizationReader, error)
}

// ReadOnly lets organizations be read, and nothing else.
func ReadOnly(qovery Qovery) QoveryReader { return reading{qovery} }

type reading struct{ qovery Qovery }

// Open opens an organization.
func (r reading) Open(ctx context.Context, target target.Target) (OrganizationReader, error) {
	organization, err := r.qovery.Open(ctx, target)
	return readOnly{organization}, err
}

// readOnly hides what else an organization is.
type readOnly struct{ OrganizationReader }

// Organization is one organization at Qovery. Every method also returns
// TokenRefused when Qovery does not accept the token.
type Organization interface {
	OrganizationReader
	OrganizationWriter
}

// OrganizationReader reads. What it reads may be a minute stale.
type OrganizationReader interface {
	// Credentials returns the cloud credentials alone, with the clusters that they
	// serve: one request.
	Credentials(ctx context.Context) ([]Location, error)
	// Editable returns the credentials, the container registries and the Helm
	// repositories: three requests.
	Editable(ctx context.Context) ([]Location, error)
	// DNSProviders returns those of some clusters: one request, and one for each. A
	// cluster that is gone has none.
	DNSProviders(ctx context.Context, clusters []string) ([]Location, error)
	// Locations returns every place in the organization that may hold an access
	// key id, the editable kinds first, which are read last. It makes one request
	// for each cluster.
	Locations(ctx context.Context) ([]Location, error)
	// Clusters returns all clusters of the organization with their status.
	Clusters(ctx context.Context) ([]Cluster, error)
	// Services returns all services of the organization.
	Services(ctx context.Context) ([]Service, error)
	// Copies returns the copies of the keys' ids in the plain variables that the service
	// gets and in its arguments, and the secrets that may be one: two requests at most.
	Copies(ctx context.Context, service Service, keys []KeyID) ([]Copy, error)
	// Environments returns the environments that have services on the clusters: one request,
	// and one for each of their projects.
	Environments(ctx context.Context, clusters []string) ([]Environment, error)
	// PointsAt returns the credentials that a cluster takes with its next deployment.
	PointsAt(ctx context.Context, clusterID string) (LocationRef, error)
	// Locks returns the ids of locked clusters, with the reasons.
	Locks(ctx context.Context) (map[string]string, error)
	// Restriction returns why Qovery lets the organization deploy nothing, or "".
	Restriction(ctx context.Context) (string, error)
	// Problem returns the last error line of a cluster's deployment and
	// Qovery's hint, or "" when the logs tell none.
	Problem(ctx context.Context, clusterID string) (string, error)
}

// OrganizationWriter changes an organization.
type OrganizationWriter interface {
	// PutKey puts a key into a location, keeping all else that it holds. It is
	// sent once. A *Refusal means that nothing was changed; with any other
	// error it may have been, or may yet be.
	PutKey(ctx context.Context, ref LocationRef, id KeyID, secret Secret) error
	// GiveRole puts a role into a registry or Helm repository in place of its key, keeping
	// all else, as PutKey does.
	GiveRole(ctx context.Context, ref LocationRef, arn string) error
	// Point has a cluster take other credentials with its next deployment; until that has
	// ended, deployments of its applications can fail. It is sent once, and refuses and
	// fails as PutKey does.
	Point(ctx context.Context, clusterID string, at LocationRef) error
	// Deploy starts a deployment. It is sent once. A *Refusal means that none
	// was started; with any other error one may have been, or may yet be.
	Deploy(ctx context.Context, clusterID string) error
}

// Refusal is a definite no to a request that would have changed something: an
// answer of 4xx, but not 408, 425 or 429, which do not say that nothing happened.
type Refusal struct {
	Status int    // HTTP status; 0 when the request was not even sent
	Detail string // what the answer said, without anything secret
}

// Error says what was refused.
func (r *Refusal) Error() string {
	switch {
	case r.Status == 0:
		return r.Detail
	case r.Detail == "":
		return fmt.Sprintf("Qovery refused with %d", r.Status)
	}
	return fmt.Sprintf("Qovery refused with %d: %s", r.Status, r.Detail)
}

// of is the error about a location that was not changed so.
func (r *Refusal) of(code fault.Code, l Location, changed string) error {
	err := fault.Errorf(code, "%s was not %s: %s", names([]Location{l}), changed, r)
	if ofToken(r.Status) {
		return err.Advise("Check that the token may edit what holds the key")
	}
	return err
}

// ofToken: by this HTTP status it is the token that lacks a right, and nothing is wrong
// with what was to be changed.
func ofToken(status int) bool { return status == 401 || status == 403 }

// LocationKind is the kind of a place in Qovery that stores an access key id.
type LocationKind string

// The kinds of locations.
const (
	AWSCredentials    LocationKind = "awsCredentials"
	ContainerRegistry LocationKind = "containerRegistry"
	HelmRepository    LocationKind = "helmRepository"
	DNSProvider       LocationKind = "dnsProvider"   // of a cluster
	SecretManager     LocationKind = "secretManager" // of a cluster
)

// String is how people call the kind.
func (k LocationKind) String() string {
	switch k {
	case AWSCredentials:
		return "AWS credentials"
	case ContainerRegistry:
		return "container registry"
	case HelmRepository:
		return "Helm repository"
	case DNSProvider:
		return "DNS provider"
	case SecretManager:
		return "secret manager"
	}
	return string(k)
}

// LocationRef names a location.
type LocationRef struct {
	Kind LocationKind `json:"kind"`
	ID   string       `json:"id"`
	Name string       `json:"name"`
}

// String names the location for a person.
func (l LocationRef) String() string { return fmt.Sprintf("%s %q", l.Kind, l.Name) }

// Location is a place in Qovery that stores an access key id.
type Location struct {
	LocationRef
	Key KeyID // the access key id it holds; empty when it holds none
	// Type is what Qovery calls the location's type: AWS for static credentials,
	// ECR for a registry, ...
	Type string
	// Rotatable: this system knows how to put another key into it.
	Rotatable bool
	Role      bool   // it holds a role of IAM, and no key
	RoleARN   string // of the role that it holds
	Region    string // of a registry in ECR, a public one included
	// Clusters are the ids of the clusters that AWS credentials serve, or of the
	// one that another location belongs to.
	Clusters []string
}

// Cluster is a cluster and its status.
type Cluster struct {
	ID         string
	Name       string
	Region     string // eu-west-3, ...
	Production bool
	// Status is one of Qovery's values, one not known yet, SelfManaged, or empty where
	// Qovery says none, as it may of clusters that it doesn't deploy.
	Status      string
	Undeployed  bool // something is saved that the next deployment rolls out
	Maintenance bool // what goes on is Qovery's own weekly deployment
	Upgrade     bool // there is a newer Kubernetes, which a deployment may install
	// LastExecutionID and LastDeployedAt change with every deployment; whether
	// at its start or its end, no public source says. Either may be empty.
	LastExecutionID string
	LastDeployedAt  string
}
