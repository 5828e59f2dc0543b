package rotation

import (
	"context"
	"errors"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// DeactivateKey makes the old key Inactive, once nothing needs it any more.
type DeactivateKey struct {
	Guard
	Keys   KeyReader
	Qovery QoveryReader
}

const (
	usageFreshFor = 15 * time.Minute // then the usage check is stale
	mostReturns   = 2                // how often the definition goes back, to DeployClusters and to CheckUsage
)

// Run leaves the old key Inactive.
func (s DeactivateKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, &doc, func(c *claim) error {
		if !c.done(Deactivate) || c.oldLeaked() { // which somebody may have made Active again
			if err := s.deactivate(ctx, c, doc); err != nil {
				return c.afterBegun(ctx, err, doc)
			}
		}
		if c.Leaked[c.OldKey] == target.AtOnce && c.Kind == Rotate {
			if err := c.requireNoQuarantine(ctx, s.Keys); err != nil {
				return err
			}
			if err := s.requireDeployedSince(ctx, c, doc); err != nil {
				return err
			}
		}
		doc.Deactivated = c.Marks[Deactivate].Done
		doc.ObservedAt = waitUntil(doc.observationEnds(c.Record), c.now())
		return nil
	})
	return doc, err
}

func (doc *Document) observationEnds(record Record) time.Time {
	return record.Marks[Deactivate].Done.Add(time.Duration(doc.Settings.ObservationPeriod))
}

// afterBegun gives an error the code that leads to ReactivateKey, if the old
// key may be Inactive already. Transient errors are retried first, and lead
// there by themselves. So does a usage check that is stale again and again.
func (c *claim) afterBegun(ctx context.Context, err error, doc Document) error {
	coded := fault.AsError(err)
	stale := coded.Code == fault.UsageCheckStale
	switch {
	case coded.Class == fault.Transient || coded.Code == fault.LockLost:
		return coded
	case (coded.Code == fault.ClusterNotDeployed || coded.Code == fault.OldKeyHeld) && c.outSinceLeak():
		return coded // there is nothing to bring back
	case stale && !c.backTooOften(doc, doc.Usage.Returns):
		return c.notDeactivated(ctx, coded)
	case stale || c.begun(Deactivate):
		return fault.Errorf(fault.DeactivationFailed, "Making the %s Inactive did not end well (%s): %s", c.Outgoing(),
			coded.Code,
			coded.What)
	}
	return coded
}

// backTooOften tells whether the definition went back often enough. A redrive
// brings fresh attempts.
func (c *claim) backTooOften(doc Document, returns int) bool {
	return returns >= mostReturns && c.call.Execution.RedriveCount == doc.RedriveCount
}

// notDeactivated withdraws "begun" where the usage check became stale before the
// old key was made Inactive: a function that crashes leaves its lease for minutes.
// IAM lists the key as Active; that counts once no request can land any more.
func (c *claim) notDeactivated(ctx context.Context, stale *fault.Error) error {
	switch {
	case !c.begun(Deactivate):
		return stale
	case c.mayLand(Deactivate):
		return fault.Errorf(fault.IAMSettling, "A request to make the %s Inactive had no answer, and may yet land",
			c.Outgoing())
	}
	if err := c.withdraw(ctx, Deactivate, Mark{}); err != nil {
		return err
	}
	return stale
}

func (s DeactivateKey) deactivate(ctx context.Context, c *claim, doc Document) error {
	saw, err := s.check(ctx, c, doc)
	if err != nil {
		return err
	}
	if c.outSinceLeak() && saw != Active {
		return nil
	}
	foundSo := saw == Inactive && !c.DeactivatedByUs() // and leaked
	do, err := c.begin(ctx, Deactivate, saw)
	if err != nil {
		return err
	}
	o := observed{how: Did}
	err = do.setStatus(ctx, Inactive)
	switch {
	case fault.HasCode(err, fault.AccessDenied) && do.withdraw(ctx) == nil:
		return err // the key is as it was; there is nothing to bring back
	case errors.Is(err, ErrNoSuchKey):
		o = observed{Found, Gone} // somebody deleted it, which no request of this step can do
	case err != nil:
		return err
	case c.oldLeaked() && c.mayLand(Reactivate):
		return fault.Errorf(fault.IAMSettling, "The leaked key %s was made Inactive; a request to make it Active had no "+
			"answer, and may yet land", c.OldKey)
	case foundSo:
		o.how = Found
	case saw != Active:
		o.how = Unclear // IAM does not tell whether it was Inactive already
	}
	return do.done(ctx, o, func(r *Record) {
		if r.oldLeaked() {
			delete(r.Marks, Reactivate) // from before it was known to have leaked
		}
	})
}

// check holds rules 2 and 3 against live state, and returns what IAM lists of the
// old key.
func (s DeactivateKey) check(ctx context.Context, c *claim, doc Document) (KeyStatus, error) {
	organization, locations, err := c.requireReleased(ctx, s.Qovery, doc.Settings, OrganizationReader.Locations)
	if err != nil {
		return "", err
	}
	if err := c.requireNoCopies(ctx, organization, doc.Settings); err != nil {
		return "", err
	}
	if c.Leaked[c.OldKey] != target.AtOnce {
		if err := c.requireDeployed(ctx, organization, doc, locations); err != nil {
			return "", err
		}
	}
	keys, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return "", err
	}
	if err := c.requireNewKey(keys, c.now()); err != nil {
		return "", err
	}
	saw := statusIn(keys, c.OldKey)
	if saw == Inactive && c.begun(Deactivate) {
		return saw, nil // the check was fresh then, and what is left is to say so
	}
	if err := c.requirePeriods(doc); err != nil {
		return "", err
	}
	if saw == Inactive && !c.DeactivatedByUs() && !c.oldLeaked() {
		return "", fault.Errorf(fault.OldKeyInactive, "The %s is Inactive, and not by this rotation", c.Outgoing())
	}
	return saw, nil
}

// requireDeployed is rule 3's first half: every cluster there is now was
// deployed by this rotation under this fence, and nothing seen contradicts it.
func (c *claim) requireDeployed(ctx context.Context, organization OrganizationReader, doc Document,
	locations []Location) error {
	all, err := ClustersOf(ctx, organization, doc.Settings)
	if err != nil {
		return err
	}
	clusters, err := c.concerned(all, locations, doc.Deployment.Clusters)
	if err != nil {
		return err
	}
	proofs := map[string]ClusterProgress{}
	for _, progress := range doc.Deployment.Clusters {
		proofs[progress.ID] = progress
	}
	var unproven []string
	for _, cluster := range clusters {
		proof := proofs[cluster.ID]
		if !proof.proven(cluster) {
			unproven = append(unproven, cluster.Name+" ("+cluster.Status+")")
		}
	}
	switch {
	case len(unproven) == 0:
		return nil
	case c.backTooOften(doc, doc.Deployment.Returns):
		return fault.Errorf(fault.DeploymentNotObserved,
			"After %d more rounds these clusters are still not proven to run with the "+
				"new key: %s", mostReturns, words.List(unproven, mostListed))
	default:
		return fault.Errorf(fault.ClusterNotDeployed, "These clusters are not proven to run with the new key: %s",
			strings.Join(unproven, ", "))
	}
}

// requireDeployedSince sends the definition to the clusters' deployments, where the old
// key did not wait for them.
func (s DeactivateKey) requireDeployedSince(ctx context.Context, c *claim, doc Document) error {
	organization, locations, err := c.requireReleased(ctx, s.Qovery, doc.Settings, OrganizationReader.Editable)
	if err != nil {
		return err
	}
	err = c.requireDeployed(ctx, organization, doc, locations)
	if later := new(fault.Error); errors.As(err, &later) && later.Code == fault.ClusterNotDeployed {
		later.What = "The " + c.Outgoing() + " is Inactive. " + later.What
	}
	return err
}

// requirePeriods is rule 3's second half: the grace period has passed, and the
// usage check is fresh. A key that leaked waits for neither.
func (c *claim) requirePeriods(doc Document) error {
	if c.oldLeaked() {
		return nil
	}
	now := c.now()
	if ends := doc.graceEnds(c.Record); now.Before(ends) {
		return fault.Errorf(fault.TooEarly, "By the journal's clock the grace period ends in %s",
			ends.Sub(now).Round(time.Second))
	}
	if !doc.Usage.Idle || now.Sub(doc.Usage.CheckedAt) > usageFreshFor {
		return fault.Errorf(fault.UsageCheckStale, "There is no usage check of the last %s that found the old key idle",
			target.Duration(usageFreshFor))
	}
	return nil
}
