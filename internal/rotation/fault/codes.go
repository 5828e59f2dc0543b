package fault

import (
	"slices"
	"strings"

	"qovery-key-rotation/internal/words"
)

// Code names one thing that can go wrong. Step Functions sees it as the error's
// name, and the definition retries and catches by it.
type Code string

// All codes. What each means, which states raise it and what the state machine
// does with it stands in the table below; a test holds the table and the
// definition against each other.
const (
	AccessDenied              Code = "AccessDenied"
	AbortRequested            Code = "AbortRequested"
	ClusterNotDeployed        Code = "ClusterNotDeployed"
	ClusterNotMovable         Code = "ClusterNotMovable"
	ClustersBusy              Code = "ClustersBusy"
	ClustersInError           Code = "ClustersInError"
	ClustersLocked            Code = "ClustersLocked"
	ConfigurationError        Code = "ConfigurationError"
	CreationFailed            Code = "CreationFailed"
	CredentialMismatch        Code = "CredentialMismatch"
	DeactivationFailed        Code = "DeactivationFailed"
	DeploymentFailed          Code = "DeploymentFailed"
	DeploymentNotObserved     Code = "DeploymentNotObserved"
	DeploymentTimeout         Code = "DeploymentTimeout"
	DeploymentsRestricted     Code = "DeploymentsRestricted"
	Frozen                    Code = "Frozen"
	IAMSettling               Code = "IAMSettling"
	InvalidCredentials        Code = "InvalidCredentials"
	InvalidInput              Code = "InvalidInput"
	KeyLimitReached           Code = "KeyLimitReached"
	KeyStillHeld              Code = "KeyStillHeld"
	KeyStillUsed              Code = "KeyStillUsed"
	LockLost                  Code = "LockLost"
	MalformedAnswer           Code = "MalformedAnswer"
	MovedToRole               Code = "MovedToRole"
	MultipleAccessKeys        Code = "MultipleAccessKeys"
	NewKeyInactive            Code = "NewKeyInactive"
	NewKeyLost                Code = "NewKeyLost"
	NewKeyUnusable            Code = "NewKeyUnusable"
	NewKeyUnusableAfterUpdate Code = "NewKeyUnusableAfterUpdate"
	NoAccessKey               Code = "NoAccessKey"
	NoClusters                Code = "NoClusters"
	NothingToAbort            Code = "NothingToAbort"
	OldKeyActive              Code = "OldKeyActive"
	OldKeyHeld                Code = "OldKeyHeld"
	OldKeyInactive            Code = "OldKeyInactive"
	OldKeyLost                Code = "OldKeyLost"
	OldKeyStillInUse          Code = "OldKeyStillInUse"
	OtherKindOpen             Code = "OtherKindOpen"
	RegionNotSearchable       Code = "RegionNotSearchable"
	RotationInProgress        Code = "RotationInProgress"
	StagedSecretLost          Code = "StagedSecretLost"
	StepBusy                  Code = "StepBusy"
	TargetNotFound            Code = "TargetNotFound"
	Throttled                 Code = "Throttled"
	TokenRefused              Code = "TokenRefused"
	TooEarly                  Code = "TooEarly"
	TooManyClusters           Code = "TooManyClusters"
	UndeployedChanges         Code = "UndeployedChanges"
	UnexpectedAccessKey       Code = "UnexpectedAccessKey"
	UnmanagedLocations        Code = "UnmanagedLocations"
	Unreachable               Code = "Unreachable"
	UnreadableKeyID           Code = "UnreadableKeyID"
	UnsupportedCredentials    Code = "UnsupportedCredentials"
	UpdateFailed              Code = "UpdateFailed"
	UpdateRefused             Code = "UpdateRefused"
	UsageCheckStale           Code = "UsageCheckStale"
	UserQuarantined           Code = "UserQuarantined"
	WrongIdentity             Code = "WrongIdentity"
)

// CodeInfo is one row of the table of codes.
type CodeInfo struct {
	Code   Code
	Class  Class  // unchanged: paused instead where Preflight finds a record open
	Advice Advice // unless the error says something better
	// Passing: it ends unchanged, and another try may succeed because of what happens at
	// Qovery or AWS in the course of work, without a thought for the rotation. What is
	// transient passes, too. Keys, rights, tokens and the configuration are put right by
	// someone who reads the notice, and who then starts the rotation.
	Passing bool
	// The states that raise the code, by what the definition does with it. A
	// state may both retry and, when that is exhausted, catch.
	Retried, Caught, Uncaught []string
	// Unproved are the rights whose lack the code tells of, and which no read
	// proves: only their use does. Preflight finds out the lack of all others. A test
	// denies each right in turn and holds what happens against this column.
	Unproved []Unproved
}

// Unproved is a right that is found to be lacking when it is used.
type Unproved struct {
	Right string // "iam:CreateAccessKey"; a request to Qovery without its ids
	In    string // the state that is refused it
	// Ends is where that leads: by a way back to RotationUnchanged, with nothing
	// changed, to RotationPaused once what was moved is back, or no
	// further than In, with Qovery's key Active, where a redrive
	// continues once the right is there.
	Ends string
}

// Groups of states that the rows below name.
var (
	tasks = []string{"Preflight", "RestoreOldKey", "CreateKey", "VerifyKey", "UpdateCredentials", "DeployClusters",
		"CheckUsage", "DeactivateKey", "VerifyDeployment", "DeleteKey", "Complete", "DiscardKey", "ReactivateKey"}
	locking = except(tasks, "Preflight") // the states that own a record
	qovery  = []string{"Preflight", "CreateKey", "UpdateCredentials", "DeployClusters", "DeactivateKey",
		"VerifyDeployment", "DeleteKey", "Complete", "DiscardKey"}
	// rollbackStates are the states with a way back for everything that can go wrong in
	// them: CreateKey to DiscardKey, VerifyDeployment to ReactivateKey.
	rollbackStates = []string{"CreateKey", "VerifyDeployment"}
	// rollbackOrDeactivate are the states whose exhausted retries take the way back.
	rollbackOrDeactivate = append(only("DeactivateKey"), rollbackStates...)
)

// start is the advice to put something right and to start the rotation again.
func start(first words.Text) Advice { return Advice{First: first, Do: Start} }

// Codes is the table of codes, in alphabetical order.
var Codes = []CodeInfo{
	{Code: AbortRequested, Class: Paused,
		Advice: start("")}, // set by Preflight's plan, not raised
	{Code: AccessDenied, Class: Paused, Caught: rollbackStates, Uncaught: except(tasks, rollbackStates...),
		Unproved: []Unproved{
			// before a key is created, and so the next two
			{Right: "ssm:PutParameter", In: "CreateKey", Ends: "RotationUnchanged"},
			{Right: "ssm:DeleteParameter", In: "CreateKey", Ends: "RotationUnchanged"},
			{Right: "iam:CreateAccessKey", In: "CreateKey", Ends: "RotationUnchanged"},
			{Right: "sts:GetCallerIdentity", In: "VerifyKey", Ends: "VerifyKey"}, // signed with the new key
			{Right: "iam:UpdateAccessKey", In: "DeactivateKey", Ends: "DeactivateKey"},
			{Right: "iam:DeleteAccessKey", In: "DeleteKey", Ends: "DeleteKey"},
			{Right: "dynamodb:DeleteItem", In: "Complete", Ends: "Complete"},
		},
		Advice: start("Check the role of the function and the permission boundaries and service control policies " +
			"above it")},
	{Code: ClusterNotDeployed, Class: Again, Caught: only("DeactivateKey"),
		Advice: Advice{First: "The rotation goes back and deploys the cluster"}},
	{Code: ClusterNotMovable, Class: Unchanged, Uncaught: only("Preflight", "DeployClusters", "Complete"),
		Advice: Advice{First: "Start the cluster if it is stopped. Otherwise point it at the role's credentials " +
			"yourself and deploy it, or delete it",
			Do: Migrate}},
	{Code: ClustersBusy, Class: Transient, Retried: only("Preflight"),
		Advice: start("Wait for the deployments to end, or cancel them")},
	{Code: ClustersInError, Class: Unchanged, Passing: true, Uncaught: only("Preflight", "DeployClusters"),
		Advice: start("Fix the clusters and deploy them once")},
	{Code: ClustersLocked, Class: Unchanged, Passing: true, Uncaught: only("Preflight", "DeployClusters"),
		Advice: start("Unlock the clusters in Qovery")},
	{Code: ConfigurationError, Class: Paused, Caught: rollbackStates, Uncaught: except(tasks, rollbackStates...),
		Advice: start("Deploy the stack again with --revert-drift, which restores the function's environment")},
	{Code: CreationFailed, Class: Unchanged, Passing: true, Caught: only("CreateKey"),
		Advice: start("See the log of the function createkey for what IAM or Parameter Store did not answer")},
	{Code: CredentialMismatch, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: start("Correct the target's IAM user or organization, or put the user's key into the credentials")},
	{Code: DeactivationFailed, Class: Paused, Caught: only("DeactivateKey"),
		Advice: start("")},
	{Code: DeploymentFailed, Class: Paused, Caught: only("VerifyDeployment"), Uncaught: only("DeployClusters"),
		Unproved: []Unproved{
			{Right: "POST /cluster/deploy", In: "DeployClusters", Ends: "DeployClusters"},
			{Right: "POST /cluster/cloudProviderInfo", In: "DeployClusters", Ends: "RotationPaused"},
		},
		Advice: start("Fix the cluster")},
	{Code: DeploymentNotObserved, Class: Paused, Caught: only("VerifyDeployment"),
		Uncaught: only("DeployClusters", "DeactivateKey"),
		Advice:   start("See in Qovery why the cluster does not deploy")},
	{Code: DeploymentTimeout, Class: Paused, Caught: only("VerifyDeployment"), Uncaught: only("DeployClusters"),
		Advice: start("See in Qovery what the clusters wait for")},
	{Code: DeploymentsRestricted, Class: Unchanged, Passing: true, Uncaught: only("Preflight"),
		Advice: start("Settle the organization's bills, or ask Qovery's support")},
	{Code: Frozen, Class: Unchanged, Passing: true, Uncaught: only("Preflight", "DeployClusters"),
		Advice: start("Wait until the freeze is over. To end one that 'rotate freeze' began, use 'rotate unfreeze'; one in " +
			"rotation.json ends by taking it out there and deploying the stack")},
	{Code: IAMSettling, Class: Transient,
		Retried: except(tasks, "VerifyKey"), Caught: rollbackOrDeactivate,
		Advice: start("IAM's lists lag; wait ten minutes")},
	{Code: InvalidCredentials, Class: Unchanged, Passing: true, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "DeployClusters"),
		Advice: start("Find out why AWS refuses the credentials of the cluster: whether their key is Active, and what " +
			"the IAM user may do. Deploy the cluster in Qovery")},
	{Code: InvalidInput, Class: Unchanged, Caught: rollbackStates, Uncaught: except(tasks, rollbackStates...),
		Advice: start("Correct the input")},
	{Code: KeyLimitReached, Class: Unchanged, Caught: only("CreateKey"),
		Advice: start("Delete the access key that is not used")},
	{Code: KeyStillHeld, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: Advice{First: "Delete credentials that serve no cluster. Give other locations a role, or a key of another " +
			"IAM user, and deploy their clusters", Do: Retire}},
	{Code: KeyStillUsed, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: Advice{First: "Give that consumer a role, or a key of another IAM user, and wait until the key has been " +
			"unused for two weeks", Do: Retire}},
	{Code: LockLost, Class: Paused, Uncaught: locking,
		Advice: Advice{First: "Another execution has taken this rotation over, or it is closed; nothing needs to be done " +
			"here"}},
	{Code: MalformedAnswer, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: start("Find out what answered so: something on the way, such as a proxy, or an API that has changed")},
	{Code: MovedToRole, Class: Unchanged, Caught: only("CreateKey"), Uncaught: only("Preflight"),
		Advice: Advice{First: "If Qovery uses roles now, give one to every location that still holds a key of the user, " +
			"and retire each of the user's keys with 'rotate retire'; the target isn't needed any more. If Qovery doesn't, " +
			"correct the target's IAM user or organization", Do: Release}},
	{Code: MultipleAccessKeys, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: start("Delete the key that is not used (deactivate it first for a while)")},
	{Code: NewKeyInactive, Class: Paused, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "UpdateCredentials", "DeployClusters", "DeactivateKey", "DeleteKey"),
		Advice:   start("Someone deactivated the new key: find out why, and make it Active unless it leaked")},
	{Code: NewKeyLost, Class: Paused, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "UpdateCredentials", "DeployClusters", "DeactivateKey", "DeleteKey"),
		Advice: Advice{First: "Someone deleted the new key", Do: Start,
			Updated: &Advice{First: "Put a good key, or a role, into every location by hand and deploy the clusters",
				Do: Release}}},
	{Code: NewKeyUnusable, Class: Unchanged, Passing: true, Caught: only("VerifyKey"),
		Advice: start("")},
	{Code: NewKeyUnusableAfterUpdate, Class: Paused, Uncaught: only("VerifyKey"),
		Advice: start("Make the new key Active if it is not, or find out why STS refuses it")},
	{Code: NoAccessKey, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: Advice{First: "Create an access key for the user, put it into every location in Qovery and deploy the " +
			"clusters", Do: Release}},
	{Code: NoClusters, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: start("Check that the target names the right organization and IAM user")},
	{Code: NothingToAbort, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: Advice{First: "Nothing needs to be done", Do: Status}},
	{Code: OldKeyActive, Class: Paused, Caught: only("VerifyDeployment"), Uncaught: only("DeleteKey"),
		Advice: start("Someone made the old key Active again: find out who uses it")},
	{Code: OldKeyHeld, Class: Paused, Caught: only("DeleteKey", "VerifyDeployment"),
		Uncaught: only("DeployClusters", "DeactivateKey", "Complete"),
		Advice: start("Take the old key out of that location: give it a role, or a key of another IAM user (no one " +
			"has the new key's secret)")},
	{Code: OldKeyInactive, Class: Unchanged, Caught: only("CreateKey"),
		Uncaught: only("Preflight", "DeployClusters", "DeactivateKey"),
		Advice:   start("Someone deactivated the key: find out why, and make it Active unless it leaked")},
	{Code: OldKeyLost, Class: Paused, Uncaught: only("RestoreOldKey", "ReactivateKey"),
		Advice: start("If a location in Qovery still holds the old key, give it a role, or a key of another IAM " +
			"user (no one has the new key's secret). The rotation completes without the old key")},
	{Code: OldKeyStillInUse, Class: Paused, Uncaught: only("CheckUsage"),
		Advice: Advice{First: "Give a consumer outside of Qovery a role or a key of an IAM user of its own (no one has " +
			"the new key's secret)", Do: Redrive}},
	{Code: OtherKindOpen, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: Advice{First: "Let what is open end, or abort it", Do: Status}},
	{Code: RegionNotSearchable, Class: Unchanged, Uncaught: only("Preflight", "CheckUsage"),
		Advice: start("Allow cloudtrail:LookupEvents there for the roles of this stack, or correct the region in " +
			"Qovery")},
	{Code: RotationInProgress, Class: Unchanged, Caught: only("Preflight"),
		Advice: Advice{First: "Wait for that execution, or watch it", Do: Watch}},
	{Code: StagedSecretLost, Class: Paused, Uncaught: only("Preflight", "VerifyKey", "UpdateCredentials"),
		Advice: Advice{First: "No one has the new key's secret any more. Where no location holds that key, another one is " +
			"created", Do: Start,
			Updated: &Advice{First: "See to it that no two locations hold different keys of the user (some may be given a " +
				"role, or a key of another IAM user)", Do: Release}}},
	{Code: StepBusy, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: start("Wait until that step is over")},
	{Code: TargetNotFound, Class: Unchanged, Caught: rollbackStates,
		Uncaught: except(tasks, "CreateKey", "VerifyDeployment", "VerifyKey"),
		Advice:   Advice{First: "Check the target's name, and that the stack is deployed with it", Do: Status}},
	{Code: Throttled, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: start("Wait until there is less load")},
	{Code: TokenRefused, Class: Paused, Caught: only("CreateKey", "VerifyDeployment"),
		Uncaught: except(qovery, "CreateKey", "VerifyDeployment"),
		Advice:   start("Put a token of that organization with the right to manage clusters into the token parameter")},
	{Code: TooEarly, Class: Transient, Retried: only("DeactivateKey", "DeleteKey"), Caught: only("DeactivateKey"),
		Advice: start("Wait until the period is over")},
	{Code: TooManyClusters, Class: Unchanged, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "DeployClusters"),
		Advice:   start("Split the clusters over several IAM users with a target each")},
	{Code: UndeployedChanges, Class: Unchanged, Passing: true, Uncaught: only("Preflight"),
		Advice: start("Deploy the clusters in Qovery, or set undeployedChanges to deploy")},
	{Code: UnexpectedAccessKey, Class: Paused, Caught: rollbackStates,
		Uncaught: only("Preflight", "UpdateCredentials", "DeployClusters", "DeactivateKey", "DeleteKey", "Complete",
			"DiscardKey"),
		Advice: Advice{First: "Put that right by hand: all locations that hold a key of the user must hold the same one, " +
			"and an Active one", Do: Release}},
	{Code: UnmanagedLocations, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: start("Give those locations a key of another IAM user, or name their ids under handledElsewhere and " +
			"change them by hand in the grace period")},
	{Code: Unreachable, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: start("Wait until the service answers")},
	{Code: UnreadableKeyID, Class: Paused, Caught: rollbackStates,
		Uncaught: except(qovery, rollbackStates...),
		Advice: start("Put an access key of AWS into that location again, in Qovery's console, with its id as IAM " +
			"writes it")},
	{Code: UnsupportedCredentials, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: start("Give those credentials a key of another IAM user or a role, or name their ids under " +
			"handledElsewhere and change them by hand in the grace period")},
	{Code: UpdateFailed, Class: Paused, Uncaught: only("UpdateCredentials", "DeployClusters", "DiscardKey"),
		Unproved: []Unproved{ // after the credentials have the new key
			{Right: "PUT /containerRegistry", In: "UpdateCredentials", Ends: "UpdateCredentials"},
			{Right: "PUT /helmRepository", In: "UpdateCredentials", Ends: "UpdateCredentials"},
			{Right: "PUT /cluster/dnsProvider", In: "UpdateCredentials", Ends: "UpdateCredentials"},
		},
		Advice: start("See in Qovery why the location does not take the key")},
	{Code: UpdateRefused, Class: Unchanged, Caught: only("UpdateCredentials"),
		Unproved: []Unproved{{Right: "PUT /aws/credentials", In: "UpdateCredentials", Ends: "RotationUnchanged"}},
		Advice:   start("See in Qovery why the location does not take the key")},
	{Code: UsageCheckStale, Class: Again, Caught: only("DeactivateKey"),
		Advice: Advice{First: "The rotation goes back and checks the usage"}},
	{Code: UserQuarantined, Class: Unchanged,
		Uncaught: only("Preflight", "DeployClusters", "DeactivateKey", "VerifyDeployment"),
		Advice:   start("Detach the policy once the key that leaked is out of service")},
	{Code: WrongIdentity, Class: Paused, Uncaught: only("VerifyKey"),
		Advice: start("Correct the target's account or IAM user path, and deploy the stack")},
}

// Info returns the code's row. Every code has one.
func (c Code) Info() CodeInfo {
	for _, info := range Codes {
		if info.Code == c {
			return info
		}
	}
	return CodeInfo{Code: c, Class: Paused}
}

// MayEndUnchanged tells whether a rotation may end with the code and leave nothing
// open: it is raised before a record is, or the way back closes the record.
func (i CodeInfo) MayEndUnchanged() bool {
	raised := slices.Concat(i.Retried, i.Caught, i.Uncaught)
	return i.Class == Unchanged || slices.Contains(raised, "Preflight") || slices.Contains(i.Caught, "CreateKey")
}

// foreignPassing begin the names of the errors that Lambda raises, and of a step that was
// cut off. Those that begin with "States." otherwise are mistakes of this system.
var foreignPassing = []string{"Lambda.", "Runtime.", "Sandbox.", "States.Timeout"}

// Resumable says of the error of an execution whether no person needs to fix it: it was
// an outage, and what was retried in vain may succeed hours later.
func Resumable(name string) bool {
	isForeign := slices.ContainsFunc(foreignPassing, func(start string) bool { return strings.HasPrefix(name, start) })
	return isForeign || Code(name).Class() == Transient
}

// Passing says of the error of an execution that ended unchanged whether another one may
// succeed although no one has read why.
func Passing(name string) bool { return Resumable(name) || Code(name).Info().Passing }

// Class is the code's class.
func (c Code) Class() Class { return c.Info().Class }

// Advice says what to do next.
func (c Code) Advice() Advice { return c.Info().Advice }

// Advised is what was said to do, or else the code's: an older function says nothing.
func (c Code) Advised(said *Advice) Advice {
	if said != nil {
		return *said
	}
	return c.Advice()
}

func only(states ...string) []string { return states }

func except(states []string, without ...string) []string {
	return slices.DeleteFunc(slices.Clone(states), func(s string) bool { return slices.Contains(without, s) })
}
