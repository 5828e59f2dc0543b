package docs

import "qovery-key-rotation/internal/rotation/fault"

const (
	dryRun   = "rotate start " + target + " --dry-run"
	listKeys = "aws iam list-access-keys --user-name " + user
	activate = "aws iam update-access-key --user-name " + user + " --access-key-id ID --status Active"
	remove   = "aws iam delete-access-key --user-name " + user + " --access-key-id ID"
	lastUse  = "aws iam get-access-key-last-used --access-key-id ID"
	restore  = "npx --yes aws-cdk@2.1148.1 deploy --all --revert-drift"
	deploy   = "make deploy CONFIG=rotation.json"

	byHand    = "[A key by hand](runbook.md#a-key-by-hand)"
	failNow   = "**deployments fail now**"
	again     = "again and again: for half an hour to an hour, in `Preflight` for a day"
	otherKey  = "[MultipleAccessKeys](#multipleaccesskeys)"
	newRights = "The new key has just the rights of the old one"
)

// explanations are in the order of the table of codes. A test requires one for each.
var explanations = map[fault.Code]explanation{
	fault.AbortRequested: {
		means: "Someone ran `rotate abort`, and that has worked. No step raises it.",
		inPlace: "if the rotation had made the old key Inactive, it is Active again. Qovery holds what it held before " +
			"the abort. The rotation is open.", alone: true,
		more: "To give the rotation up: if all locations hold the same key, release it, and delete the other key of the " +
			"user later (" + otherKey + "). Until one of the two is done, the schedule resumes it when it is due",
		look: []string{"rotate release " + target}},
	fault.AccessDenied: {
		means: "AWS refused a request of a function: its role, a permissions boundary or a service control policy. The " +
			"sentence names the request.",
		more: "If the request is one of IAM's (`iam:`), first compare `iamUserPath` with what the first command shows: " +
			"IAM authorizes on the user's true path, so a wrong one is denied, and so is a user who was deleted. If someone " +
			"edited a role of the stack, the second command restores it. [rights.md](rights.md) says of each right where a " +
			"rotation without it ends",
		look: []string{"aws iam get-user --user-name " + user + " --query User.Path", restore}},
	fault.ClusterNotDeployed: {
		means: "`DeactivateKey` found a cluster that was not seen deploying with the new key: added since, broken since, " +
			"or started since. The state machine goes back to `DeployClusters`, twice at most. No execution ends with this " +
			"code; [DeploymentNotObserved](#deploymentnotobserved) comes after it.",
		inPlace: bothActive + ".", alone: true, look: []string{"rotate watch " + target}},
	fault.ClusterNotMovable: {
		means: "A migration can't deploy a cluster with the role: it is self-managed, stopped or handled elsewhere. Or " +
			"someone pointed a cluster at other credentials after it was moved. The sentence names it.",
		inPlace: "until the first cluster is moved, nothing has changed. Then each cluster is where the sentence says.",
		alone:   true},
	fault.ClustersBusy: {
		means: "Before a new rotation could begin, clusters were being deployed, or had a status that is not known, for " +
			"a whole day. Such a deployment may carry the old key, so the rotation waits for it.",
		look: []string{dryRun}},
	fault.ClustersInError: {
		means: "Before a new rotation could begin, the last deployment of a cluster had failed. A rotation deploys every " +
			"cluster, and this one would fail for a reason of its own.",
		more: "If a cluster is to stay as it is (half deleted, say), name its id under `clustersHandledElsewhere` in " +
			"`rotation.json` and deploy the stack: rotations then pass over it"},
	fault.ClustersLocked: {
		means: "Before a new rotation could begin, clusters were locked in Qovery. The sentence gives the reasons that " +
			"stand there."},
	fault.ConfigurationError: {
		means: "A function's environment is not what the stack gives it: someone edited the function, or a deployment " +
			"broke off. The function has done nothing.",
		look: []string{restore}},
	fault.CreationFailed: {
		means: "This rotation created three access keys and had to delete each again: the answer to CreateAccessKey was " +
			"lost, or the key's secret wasn't staged. That a secret can be staged is proved before each key is created, so " +
			"something fails now and then.",
		look: []string{"aws logs tail /aws/lambda/qovery-key-rotation-createkey --since 2h"}},
	fault.CredentialMismatch: {
		means: "No static AWS credentials in the organization that this target rotates hold a key of its IAM user. The " +
			"target names the wrong user or organization, the credentials are under `handledElsewhere`, or someone put " +
			"another user's key there. The sentence says which keys the user has, and what each location holds.",
		inPlace: "if a location holds a key of this user that was deleted, " + failNow + ": put a key there, see " +
			byHand + ".",
		look: []string{deploy, dryRun}},
	fault.DeactivationFailed: {
		means: "`DeactivateKey` had begun to make the old key Inactive, and then could not be sure of something; or the " +
			"usage check was stale three times in a row. The code in brackets is the cause.",
		inPlace: "if the code in brackets is [OldKeyHeld](#oldkeyheld) or [UnexpectedAccessKey](#unexpectedaccesskey), a " +
			"location holds another key, which the sentence names.",
		more: "First do what the code in brackets asks for"},
	fault.DeploymentFailed: {
		means: "A cluster did not deploy, `maxDeployAttempts` times, or Qovery refused to deploy it. The sentence quotes " +
			"the last line of its log and Qovery's hint. Or, in a migration, the deployment of an environment failed after " +
			"its cluster was moved, which the sentence names.",
		inPlace: "no key is broken. The cluster is in error, and what is deployed to it next may fail.",
		more: "If the log speaks of credentials, see whether the IAM user or its policies were changed lately. " +
			"" + newRights +
			". If the verification failed so, look for what the cluster does with the old key"},
	fault.DeploymentNotObserved: {
		means: "A cluster was to deploy, and within ten minutes nothing was seen of it, again and again. Neither a " +
			"status in progress, nor another `last_execution_id` or `last_deployment_date`: such a deployment may be over, " +
			"but nothing proves it. Or, in `DeactivateKey`, two more rounds of deployments did not prove that all clusters " +
			"run with the new key.",
		more: "Deploy it there once by hand before that"},
	fault.DeploymentTimeout: {
		means: "Clusters were still not deployed after `deploymentTimeout` for their wave. The sentence says of each " +
			"what was seen of its deployment, and what was not.",
		inPlace: "deployments that run continue.",
		more:    "If they always take longer, lengthen `deploymentTimeout` in `rotation.json`"},
	fault.DeploymentsRestricted: {
		means: "Qovery lets the organization deploy nothing, because of its bills: no credit card, or what Qovery's staff " +
			"wrote, which the sentence quotes. A rotation would put a new key into Qovery and could deploy no cluster with " +
			"it.",
		look: []string{dryRun}},
	fault.Frozen: {
		means: "A rotation was to begin, or a migration to move a further cluster, within a freeze: a time in the target's " +
			"`freeze`, or one that `rotate freeze` set. The sentence says until when, and why.",
		inPlace: "nothing has changed. A rotation that was open is as it was left, and so is each cluster of a migration.",
		alone:   true, more: "A migration is started again with `rotate migrate`",
		look: []string{dryRun}},
	fault.IAMSettling: {
		means: "IAM lags behind what was done, for longer than the rotation waits: 15 minutes; 30 in `CreateKey` and " +
			"`DiscardKey`, which may wait for CloudTrail to say who created a key; a day in `Preflight`. The sentence says " +
			"what should have shown.",
		look: []string{"rotate status"}},
	fault.InvalidCredentials: {
		means: "AWS refuses the credentials of a cluster: before a new rotation could begin, or after its deployments, " +
			"`maxDeployAttempts` times. It is urgent: deployments to that cluster fail, and Qovery may remove a cluster " +
			"that stays so for thirty days.",
		look: []string{"rotate status"}},
	fault.InvalidInput: {
		means: "The execution's input is not valid, the target's parameter is not (someone edited it by hand), or a " +
			"function was called by something else than the state machine. Each name counts letter for letter and may stand " +
			"there once: an execution with `{\"Target\": \"production\"}`, or with `dryRun` twice, works on no target, and " +
			"its notice names none. After `Preflight` it means that definition and functions are not of one version.",
		more: "Timings can be made longer, never shorter. `rotate start` writes the input for you. The first command " +
			"restores the parameter and the functions",
		look: []string{restore}},
	fault.KeyLimitReached: {
		means: "While the new key was to be created someone created another one, so that the user has as many as IAM " +
			"allows.",
		inPlace: "that other key, too. This rotation left none.",
		more:    "Find out whose the other key is: " + otherKey, look: []string{listKeys}},
	fault.KeyStillHeld: {
		means: "A key was to be retired, and a location in Qovery holds it, of whatever kind, or a variable or an argument " +
			"of a service has its id. The sentence names them.",
		look: []string{"rotate status"}},
	fault.KeyStillUsed: {
		means: "A key was to be retired, and CloudTrail or IAM knows a use in the last two weeks. The sentence says what " +
			"used it, and when to try again.",
		look: []string{lastUse}},
	fault.LockLost: {
		means: "The execution's rotation is not its own any more: another execution has taken it over, or it is " +
			"completed or released.",
		inPlace: "what the other one did. This execution stopped without touching it.", alone: true,
		look: []string{"rotate status", "rotate history " + target}},
	fault.MalformedAnswer: {
		means: "AWS or Qovery answered something that makes no sense, " + again + ". What makes no sense is never taken " +
			"for a \"no\".",
		more: "If the sentence says that a *staged secret* isn't an access key, or another one, someone has written to its " +
			"parameter. It is of no use to anyone: delete it, and start again. The rotation creates another key, or, if " +
			"locations hold the new key already, continues without the secret or ends as [StagedSecretLost](#stagedsecretlost)",
		look: []string{
			"aws ssm describe-parameters --parameter-filters Key=Name,Option=BeginsWith,Values=/qovery-key-rotation/staged/",
			"aws ssm delete-parameter --name /qovery-key-rotation/staged/ID",
			"aws logs tail /aws/lambda/qovery-key-rotation-preflight --since 2h"}},
	fault.MovedToRole: {
		means: "The organization has AWS credentials that hold a role, and none that hold a key of the IAM user, or only " +
			"such as serve no cluster: Qovery was moved to [role credentials](roles.md), which need no rotation. The " +
			"sentence says which locations hold a role, which still hold a key, and which keys the user has.",
		inPlace: "a rotation that has a new key when Qovery is moved is led to its end, with all its checks; the new key " +
			"is then Active and not used anywhere. An open rotation ends with this code only where someone has changed its " +
			"keys as well.",
		more: "Registries and Helm repositories have a key of their own. After the move deploy the clusters once. Take the " +
			"target out of `rotation.json` last, and deploy the stack. No key has to be put into Qovery again",
		look: []string{"rotate retire " + target + " KEY"}},
	fault.MultipleAccessKeys: {
		means: "No rotation is open, and the user has more than one key. The sentence says which one Qovery uses, and of " +
			"each other its state, age, last use, and who holds it.",
		more: "If locations in Qovery hold the other key, give those a role or a key of another IAM user first. " +
			"Deactivate it, wait for a day or as long as its consumers may sleep, and delete it; `rotate retire` does all of " +
			"that in a week. Deactivating alone is not enough: an Inactive key counts, too",
		look: []string{lastUse, "aws iam update-access-key --user-name " + user + " --access-key-id ID --status Inactive",
			remove}},
	fault.NewKeyInactive: {
		means: "Someone made the new key Inactive.",
		inPlace: "if a location holds the new key, " + failNow + ". In `Preflight` the old key may be Inactive, too, if " +
			"the rotation had made it so.",
		more: "If it leaked, delete it, and see " + byHand + " from step 2", look: []string{activate}},
	fault.NewKeyLost: {
		means: "Someone deleted the new key.",
		inPlace: "if a location in Qovery holds the new key, " + failNow + "; the sentence, or Qovery, says which. If " +
			"none does, Qovery holds the old key, Active, and nothing is broken.",
		more: "See " + byHand + ". If you have the old key's secret, put that back instead, deploy the clusters, and " +
			"start again"},
	fault.NewKeyUnusable: {
		means: "STS refused the new key for three minutes, before any location was given it.",
		more:  "If it happens again, see AWS's health page for IAM and STS in the region"},
	fault.NewKeyUnusableAfterUpdate: {
		means: "A rotation was resumed in the middle of the update, and STS refuses the new key, which locations in " +
			"Qovery hold already.",
		inPlace: "some or all locations hold the new key, and **their deployments may be failing now**. The old key is " +
			"Active.",
		alone: true,
		more: "If the new key is Active, STS may have been at fault. If it ends the same way again: " + byHand + ", " +
			"deleting the new key, and release",
		look: []string{listKeys, activate}},
	fault.NoAccessKey: {
		means:   "The IAM user has no access key at all.",
		inPlace: "whatever Qovery holds of this user is deleted: unless it holds another user's key, " + failNow + ".",
		more:    "See " + byHand + ". The schedule rotates that key like any other",
		look:    []string{"aws iam create-access-key --user-name " + user}},
	fault.NoClusters: {
		means: "The credentials that hold the key serve no cluster, so nothing could prove that the new key works.",
		more:  "If no cluster is left, take the target out of `rotation.json` and deploy the stack", look: []string{dryRun}},
	fault.NothingToAbort: {
		means: "`rotate abort` or `rotate release`, and no rotation is open.",
		look:  []string{"rotate history " + target}},
	fault.OldKeyActive: {
		means:   "The rotation had made the old key Inactive, and before it was deleted someone made it Active again.",
		inPlace: bothActive + ".", alone: true,
		more: "Something failed without the old key. Move that to a role, or to a key of an IAM user of its own. (If the " +
			"sentence says that the key was not deactivated and verified by this rotation, just start again.)",
		look: []string{lastUse}},
	fault.OldKeyHeld: {
		means: "A location in Qovery holds the old key after the update; the sentence names it. Someone put it there, or " +
			"it is a location under `handledElsewhere` that no one has changed yet. In `DeactivateKey` it may also be a " +
			"variable or arguments of a service, which [`lookInVariables`](operating.md#copies-in-variables) found.",
		inPlace: "all other locations hold the new key. In `Complete` the old key is deleted: **what uses that location " +
			"fails now**.",
		more: "If the location must have a key of this user: " + byHand + ". If it is one that the rotation had put the " +
			"new key into, starting says [UnexpectedAccessKey](#unexpectedaccesskey), or " +
			"[StagedSecretLost](#stagedsecretlost) if it was left as it is"},
	fault.OldKeyInactive: {
		means: "Someone, and not this rotation, made the old key Inactive. A rotation doesn't make such a key Active: " +
			"that person had a reason.",
		inPlace: "before and during the update Qovery holds that key, and " + failNow + ". After the update Qovery holds " +
			"the new key, and only what uses the old key outside of Qovery fails.",
		more: "If it leaked, whatever holds it: [The key leaked](runbook.md#the-key-leaked). If it was meant for another " +
			"reason, after the update: delete the old key, and start again; the rotation completes without it. If Qovery " +
			"holds the key: " + byHand,
		look: []string{activate, remove}},
	fault.OldKeyLost: {
		means:   "The old key was to be made Active again, and does not exist any more: someone deleted it.",
		inPlace: "Qovery holds the new key, Active. If a location holds the old key all the same, what uses that fails now.",
		alone:   true},
	fault.OldKeyStillInUse: {
		means: "The grace period was prolonged by `maxGraceExtension`, and something still uses the old key. The " +
			"sentence names the last uses: service, region, event, address, and user agent.",
		more: "See first whether someone put the old key back into a location in Qovery; if so, see " +
			"[OldKeyHeld](#oldkeyheld). A cluster under `clustersHandledElsewhere` uses the old key until someone deploys " +
			"it, and a self-managed one until its applications are deployed: the rotation passed them over, and the advice " +
			"names them. A redrive looks again immediately; starting again deploys all clusters first. The " +
			"key must have been unused for `idleFor`, an hour unless configured otherwise",
		look: []string{"aws cloudtrail lookup-events --region REGION --lookup-attributes " +
			"AttributeKey=AccessKeyId,AttributeValue=ID"}},
	fault.OtherKindOpen: {
		means: "A rotation, a retirement or a migration was to begin while one of another kind is open. One thing at a " +
			"time changes the keys of a user and the clusters. Nor are clusters moved while a key that leaked isn't replaced."},
	fault.RegionNotSearchable: {
		means: "Whether anything still uses the old key is looked for in CloudTrail's events, in us-east-1 and in the " +
			"regions of the clusters and of the ECR registries that hold the key. One of them can't be searched: a policy, " +
			"often an organization's, denies `cloudtrail:LookupEvents` there, or the region isn't one of AWS's. The " +
			"sentence says which region, and what AWS answered.",
		look: []string{dryRun}},
	fault.RotationInProgress: {
		means: "Another execution is rotating this key. An execution that meets it succeeds, in `AlreadyRunning`, " +
			"without doing anything; `rotate release` refuses.",
		inPlace: "what the other execution has done so far.", alone: true},
	fault.StagedSecretLost: {
		means: "The new key exists, and the parameter with its secret does not, while locations in Qovery still hold the " +
			"old key. No one can get that secret again.",
		inPlace: "before the update Qovery holds the old key; during the update some locations hold the old key, others " +
			"the new one. Nothing is broken, unless someone deleted the old key: then what holds it fails now.", alone: true,
		more: "If all locations hold the old key: release, delete the new key, start again. If some hold the new key: " +
			"give the others a role or a key of another IAM user, deploy all clusters, release, and delete the old key two " +
			"hours later (" + otherKey + "). If they are to have a key of this user: " + byHand},
	fault.StepBusy: {
		means: "A step of this rotation was at work, or may have been, for longer than the rotation waits: a function " +
			"that crashes may still be at work until its timeout, and that is waited for after each of six crashes. Or Step " +
			"Functions did not know yet that an execution had ended. `rotate release` and `rotate abort` meet it, too.",
		more: "That takes ten minutes at most", look: []string{"rotate status"}},
	fault.TargetNotFound: {
		means:   "There is no target of that name, or the target's IAM user does not exist.",
		inPlace: "if it is the user that is gone, its keys are gone with it: whatever Qovery holds of it **fails now**.",
		more: "A target that was taken out of `rotation.json` while its rotation was open has to come back until that is " +
			"over. If the user is gone, create it again with its policies, then see " + byHand,
		look: []string{"aws ssm get-parameters-by-path --path /qovery-key-rotation/targets/ --query \"Parameters[].Name\"",
			"aws iam get-user --user-name " + user}},
	fault.Throttled: {
		means: "AWS or Qovery had too many requests, " + again + ". Whether a throttled key is used is not known, so " +
			"nothing was done.",
		more: "See what else uses the account's or the token's requests"},
	fault.TokenRefused: {
		means: "Qovery does not accept the API token, or its parameter is missing, empty, or no SecureString. An [API " +
			"policy token](install.md#an-api-policy-token) is also refused when it has expired, or its policy denies the " +
			"request.",
		inPlace: "nothing is broken by it. After `CreateKey` the way back needs Qovery, too: it ends unchanged, or in " +
			"`DiscardKey`.",
		more: "Create it in Qovery's console, under the organization's settings, \"API token\" ([which " +
			"role](install.md#2-make-a-token-at-qovery)). The stack's output `PutToken` has this command filled in",
		look: []string{"read -rs TOKEN; printf %s \"$TOKEN\" | aws ssm put-parameter --name " +
			"/qovery-key-rotation/qovery-token --type SecureString --overwrite --value file:///dev/stdin; unset TOKEN"}},
	fault.TooEarly: {
		means: "A period was not over yet when a step wanted to act on it, by more than what is waited for: the clocks " +
			"of Step Functions, which waits, and of DynamoDB, whose time counts, do not agree.",
		more: "If something needs the old key meanwhile: `rotate abort production`"},
	fault.TooManyClusters: {
		means: "The credentials that hold the key serve more than 250 clusters, which is more than a rotation carries.",
		look:  []string{dryRun}},
	fault.UndeployedChanges: {
		means: "Someone has saved changes for a cluster and not deployed them, and the target's `undeployedChanges` is " +
			"`refuse`. A rotation would roll them out.",
		look: []string{dryRun}},
	fault.UnexpectedAccessKey: {
		means: "Keys or locations are not what the journal says: a location of this rotation holds neither the old nor " +
			"the new key, or the user has a key that the rotation did not create. The sentence says which.",
		inPlace: "the location that the sentence names holds another key. Whether that one works only you know.",
		more: "Locations with a role or with a key of another user are in order. After the release get rid of the keys " +
			"that no location holds, as " + otherKey + " says. Or put the key back that the location held, if you have its " +
			"secret, and start again",
		look: []string{listKeys}},
	fault.UnmanagedLocations: {
		means: "Locations that hold the key can't be changed from here: a secret manager, a registry that is not in ECR. " +
			"Deleting the key would break them.",
		more: "The rotation stops before the old key goes if you forget one", look: []string{deploy, dryRun}},
	fault.Unreachable: {
		means: "AWS or Qovery did not answer, " + again + "; or a step was interrupted. Take what was begun last for " +
			"perhaps done."},
	fault.UnreadableKeyID: {
		means: "A location in Qovery that may hold one of AWS's keys holds what isn't an access key id: it is masked, " +
			"mistyped, cut off, or an id of another kind. No one can say whether it is the key that is to be replaced. The " +
			"sentence names the location, and not what it holds, which may be a secret.",
		more: "Deploy what uses the location. If the location is unused, delete it", look: []string{dryRun}},
	fault.UnsupportedCredentials: {
		means: "Credentials that hold the key are not static AWS credentials; changing them could convert them.",
		more:  "Role credentials need no rotation at all", look: []string{deploy, dryRun}},
	fault.UpdateFailed: {
		means: "Qovery refused to put the new key into a location after others may have taken it, or did not show it " +
			"there two minutes later.",
		more: "Locations that hold the new key are passed over then"},
	fault.UpdateRefused: {
		means: "Qovery refused the very first location that was to be given the new key, so none was changed."},
	fault.UsageCheckStale: {
		means: "`DeactivateKey` found the usage check older than 15 minutes, and the state machine repeats it. No " +
			"execution ends with this code.",
		inPlace: bothActive + ".", alone: true, look: []string{"rotate watch " + target}},
	fault.UserQuarantined: {
		means: "AWS found a key of the user in public and attached a policy to the user, `AWSCompromisedKeyQuarantine` and " +
			"a version. It denies `ec2:RunInstances`, `iam:PassRole` and more: deployments fail with any key of the user.",
		inPlace: "in `DeactivateKey` the leaked key is Inactive, and the clusters have not been deployed.",
		more: "If the key that leaked is still Active, replace it first, before anything is deployed. The policy keeps " +
			"attackers from the worst: detach it last",
		look: []string{"rotate start " + target + " --leaked KEY --at-once",
			"aws iam list-attached-user-policies --user-name " + user,
			"aws iam detach-user-policy --user-name " + user + " --policy-arn ARN"}},
	fault.WrongIdentity: {
		means: "STS says that the new key belongs to someone else than the target says: the target's `iamUserPath` or " +
			"`account` is wrong.",
		inPlace: "if the rotation was resumed in the middle of the update, some locations hold the new key already.",
		more:    "The rotation continues with the same new key", look: []string{deploy}},
}
