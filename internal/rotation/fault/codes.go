package fault

import "slices"

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
	IAMSettling               Code = "IAMSettling"
	InvalidInput              Code = "InvalidInput"
	KeyLimitReached           Code = "KeyLimitReached"
	LockLost                  Code = "LockLost"
	MalformedAnswer           Code = "MalformedAnswer"
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
	RegionNotSearchable       Code = "RegionNotSearchable"
	RotationInProgress        Code = "RotationInProgress"
	StagedSecretLost          Code = "StagedSecretLost"
	StepBusy                  Code = "StepBusy"
	TargetNotFound            Code = "TargetNotFound"
	Throttled                 Code = "Throttled"
	TokenRefused              Code = "TokenRefused"
	TooEarly                  Code = "TooEarly"
	TooManyClusters           Code = "TooManyClusters"
	UnexpectedAccessKey       Code = "UnexpectedAccessKey"
	UnmanagedLocations        Code = "UnmanagedLocations"
	Unreachable               Code = "Unreachable"
	UnreadableKeyID           Code = "UnreadableKeyID"
	UnsupportedCredentials    Code = "UnsupportedCredentials"
	UpdateFailed              Code = "UpdateFailed"
	UpdateRefused             Code = "UpdateRefused"
	UsageCheckStale           Code = "UsageCheckStale"
	WrongIdentity             Code = "WrongIdentity"
)

// CodeInfo is one row of the table of codes.
type CodeInfo struct {
	Code   Code
	Class  Class  // clean: held instead where Preflight finds a record open
	Advice string // what to do next, unless the error says something better
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
	// changed, or no further than In, with Qovery's key Active, where a redrive
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

// An advice is given before it is known how the execution will end: what starting
// again then does, and whether there is a rotation to release, it does not know.
const (
	startAgain = "When that is mended, start the rotation again"
	tryAgain   = "Start the rotation again"
)

// Codes is the table of codes, in alphabetical order.
var Codes = []CodeInfo{
	{Code: AbortRequested, Class: Paused,
		Advice: "Start the rotation again when you want it to resume"}, // set by Preflight's plan, not raised
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
		Advice: "Check the role of the function and the permission boundaries and service control policies above it. " +
			startAgain},
	{Code: ClusterNotDeployed, Class: Again, Caught: only("DeactivateKey"),
		Advice: "The rotation goes back and deploys the cluster"},
	{Code: ClustersBusy, Class: Transient, Retried: only("Preflight"),
		Advice: "Wait for the deployments to end, or cancel them, then start the rotation again"},
	{Code: ClustersInError, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Mend the clusters, deploy them once, then start the rotation again"},
	{Code: ClustersLocked, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Unlock the clusters in Qovery, then start the rotation again"},
	{Code: ConfigurationError, Class: Paused, Caught: rollbackStates, Uncaught: except(tasks, rollbackStates...),
		Advice: "Deploy the stack again with --revert-drift, which restores the function's environment, then start the " +
			"rotation again"},
	{Code: CreationFailed, Class: Unchanged, Caught: only("CreateKey"),
		Advice: "See the log of the function createkey for what IAM or Parameter Store did not answer, then start the " +
			"rotation again"},
	{Code: CredentialMismatch, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Correct the target's IAM user or organization, or put the user's key into the credentials, then start " +
			"the rotation again"},
	{Code: DeactivationFailed, Class: Paused, Caught: only("DeactivateKey"),
		Advice: startAgain},
	{Code: DeploymentFailed, Class: Paused, Caught: only("VerifyDeployment"), Uncaught: only("DeployClusters"),
		Unproved: []Unproved{{Right: "POST /cluster/deploy", In: "DeployClusters", Ends: "DeployClusters"}},
		Advice:   "Mend the cluster, then start the rotation again"},
	{Code: DeploymentNotObserved, Class: Paused, Caught: only("VerifyDeployment"),
		Uncaught: only("DeployClusters", "DeactivateKey"),
		Advice:   "See in Qovery why the cluster does not deploy, then start the rotation again"},
	{Code: DeploymentTimeout, Class: Paused, Caught: only("VerifyDeployment"), Uncaught: only("DeployClusters"),
		Advice: "See in Qovery what the clusters wait for, then start the rotation again"},
	{Code: IAMSettling, Class: Transient,
		Retried: []string{"Preflight", "RestoreOldKey", "CreateKey", "UpdateCredentials", "DeployClusters", "DeactivateKey",
			"VerifyDeployment", "DeleteKey", "Complete", "DiscardKey", "ReactivateKey"}, Caught: rollbackOrDeactivate,
		Advice: "IAM's lists lag; wait ten minutes, then start the rotation again"},
	{Code: InvalidInput, Class: Unchanged, Caught: rollbackStates, Uncaught: except(tasks, rollbackStates...),
		Advice: "Correct the input, then start the rotation again"},
	{Code: KeyLimitReached, Class: Unchanged, Caught: only("CreateKey"),
		Advice: "Delete the access key that nobody uses, then start the rotation again"},
	{Code: LockLost, Class: Paused, Uncaught: locking,
		Advice: "Another execution has taken this rotation over, or it is closed; nothing needs to be done here"},
	{Code: MalformedAnswer, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: tryAgain + "; if this goes on, the API has changed"},
	{Code: MultipleAccessKeys, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Delete the key that nobody uses (deactivate it first for a while), then start the rotation again"},
	{Code: NewKeyInactive, Class: Paused, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "UpdateCredentials", "DeployClusters", "DeactivateKey", "DeleteKey"),
		Advice: "Somebody deactivated the new key: find out why, make it Active unless it leaked, and start the " +
			"rotation again"},
	{Code: NewKeyLost, Class: Paused, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "UpdateCredentials", "DeployClusters", "DeactivateKey", "DeleteKey"),
		Advice: "Somebody deleted the new key. If no location holds it, start the rotation again. If one does, put a " +
			"good key into every location by hand and deploy the clusters, then run 'rotate release', if a rotation is open"},
	{Code: NewKeyUnusable, Class: Unchanged, Caught: only("VerifyKey"),
		Advice: tryAgain},
	{Code: NewKeyUnusableAfterUpdate, Class: Paused, Uncaught: only("VerifyKey"),
		Advice: "Make the new key Active if it is not, and else find out why STS refuses it. " + startAgain},
	{Code: NoAccessKey, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Create an access key for the user, put it into every location in Qovery and deploy the clusters. If a " +
			"rotation is open, then run 'rotate release'"},
	{Code: NoClusters, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Check that the target names the right organization and IAM user, then start the rotation again"},
	{Code: NothingToAbort, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Nothing needs to be done"},
	{Code: OldKeyActive, Class: Paused, Caught: only("VerifyDeployment"), Uncaught: only("DeleteKey"),
		Advice: "Somebody made the old key Active again: find out who uses it, then start the rotation again"},
	{Code: OldKeyHeld, Class: Paused, Caught: only("DeleteKey", "VerifyDeployment"),
		Uncaught: only("DeployClusters", "DeactivateKey", "Complete"),
		Advice: "Take the old key out of that place: give it a role, or a key of another IAM user (nobody has the new " +
			"key's secret). Then start the rotation again"},
	{Code: OldKeyInactive, Class: Unchanged, Caught: only("CreateKey"), Uncaught: only("Preflight", "DeactivateKey"),
		Advice: "Somebody deactivated the key: find out why, make it Active unless it leaked, and start the rotation again"},
	{Code: OldKeyLost, Class: Paused, Uncaught: only("RestoreOldKey", "ReactivateKey"),
		Advice: "If a place in Qovery still holds the old key, give it a role, or a key of another IAM user (nobody has " +
			"the new key's secret). Then start the rotation again, which completes without the old key"},
	{Code: OldKeyStillInUse, Class: Paused, Uncaught: only("CheckUsage"),
		Advice: "Give that consumer a role or a key of an IAM user of its own (nobody has the new key's secret), then " +
			"redrive the execution or start the rotation again"},
	{Code: RegionNotSearchable, Class: Unchanged, Uncaught: only("Preflight", "CheckUsage"),
		Advice: "Allow cloudtrail:LookupEvents there for the roles of this stack, or correct the region in Qovery, then " +
			"start the rotation again"},
	{Code: RotationInProgress, Class: Unchanged, Caught: only("Preflight"),
		Advice: "Wait for that execution, or watch it"},
	{Code: StagedSecretLost, Class: Paused, Uncaught: only("Preflight", "VerifyKey", "UpdateCredentials"),
		Advice: "Nobody has the new key's secret any more. If no location was given the new key, start the rotation " +
			"again: another one is created. If one was, see to it that no two locations hold different keys of the user " +
			"(some may be given a role, or a key of another IAM user), then run 'rotate release', if a rotation is open"},
	{Code: StepBusy, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: "Wait until that step is over, then start the rotation again"},
	{Code: TargetNotFound, Class: Unchanged, Caught: rollbackStates,
		Uncaught: except(tasks, "CreateKey", "VerifyDeployment", "VerifyKey"),
		Advice:   "Check the target's name, and that the stack is deployed with it"},
	{Code: Throttled, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: tryAgain + " when there is less load"},
	{Code: TokenRefused, Class: Paused, Caught: only("CreateKey", "VerifyDeployment"),
		Uncaught: except(qovery, "CreateKey", "VerifyDeployment"),
		Advice: "Put a token of that organization with the right to manage clusters into the token parameter. " +
			startAgain},
	{Code: TooEarly, Class: Transient, Retried: only("DeactivateKey", "DeleteKey"), Caught: only("DeactivateKey"),
		Advice: "Wait until the period is over, then start the rotation again"},
	{Code: TooManyClusters, Class: Unchanged, Caught: only("VerifyDeployment"),
		Uncaught: only("Preflight", "DeployClusters"),
		Advice:   "Split the clusters over several IAM users with a target each, then start the rotation again"},
	{Code: UnexpectedAccessKey, Class: Paused, Caught: rollbackStates,
		Uncaught: only("Preflight", "UpdateCredentials", "DeployClusters", "DeactivateKey", "DeleteKey", "Complete",
			"DiscardKey"),
		Advice: "Put that right by hand: all locations that hold a key of the user must hold the same one, and an Active " +
			"one. Then run 'rotate release', if a rotation is open"},
	{Code: UnmanagedLocations, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Give those places a key of another IAM user, or name their ids under handledElsewhere and change them by " +
			"hand in the grace period. Then start the rotation again"},
	{Code: Unreachable, Class: Transient, Retried: tasks, Caught: rollbackOrDeactivate,
		Advice: tryAgain + " when the service answers"},
	{Code: UnreadableKeyID, Class: Paused, Caught: rollbackStates,
		Uncaught: except(qovery, rollbackStates...),
		Advice: "Put an access key of AWS into that location again, in Qovery's console, with its id as IAM writes it. " +
			startAgain},
	{Code: UnsupportedCredentials, Class: Unchanged, Uncaught: only("Preflight"),
		Advice: "Give those credentials a key of another IAM user or a role, or name their ids under handledElsewhere and " +
			"change them by hand in the grace period. Then start the rotation again"},
	{Code: UpdateFailed, Class: Paused, Uncaught: only("UpdateCredentials", "DiscardKey"),
		Unproved: []Unproved{ // after the credentials have the new key
			{Right: "PUT /containerRegistry", In: "UpdateCredentials", Ends: "UpdateCredentials"},
			{Right: "PUT /helmRepository", In: "UpdateCredentials", Ends: "UpdateCredentials"},
		},
		Advice: "See in Qovery why the location does not take the key. " + startAgain},
	{Code: UpdateRefused, Class: Unchanged, Caught: only("UpdateCredentials"),
		Unproved: []Unproved{{Right: "PUT /aws/credentials", In: "UpdateCredentials", Ends: "RotationUnchanged"}},
		Advice:   "Check that the token may edit the organization's credentials, then start the rotation again"},
	{Code: UsageCheckStale, Class: Again, Caught: only("DeactivateKey"),
		Advice: "The rotation goes back and checks the usage"},
	{Code: WrongIdentity, Class: Paused, Uncaught: only("VerifyKey"),
		Advice: "Correct the target's account or IAM user path, deploy the stack, then start the rotation again"},
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

// Class is the code's class.
func (c Code) Class() Class { return c.Info().Class }

// Advice says what to do next.
func (c Code) Advice() string { return c.Info().Advice }

func only(states ...string) []string { return states }

func except(states []string, without ...string) []string {
	return slices.DeleteFunc(slices.Clone(states), func(s string) bool { return slices.Contains(without, s) })
}
