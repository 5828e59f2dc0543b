package rotation

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// ClusterProgress is what the deployment of one cluster has come to. Its field
// names are short because a rotation may carry 250 of them.
type ClusterProgress struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"` // cut to 32 bytes
	Wave     int       `json:"wave"`
	Attempts int       `json:"tries,omitempty"`
	PostedAt time.Time `json:"posted,omitzero"` // our POST, until it is resolved
	Baseline string    `json:"was,omitempty"`   // fingerprint of what the status told before the POST
	Seen     bool      `json:"seen,omitempty"`  // in progress since the POST
	DoneAt   time.Time `json:"done,omitzero"`   // when it was observed as deployed
	Skipped  string    `json:"skip,omitempty"`  // the status for which it is passed over
	// Took is how long that was after our POST.
	Took target.Duration `json:"took,omitempty"`
	// RolledOut: changes that somebody had saved for it were deployed with it.
	RolledOut bool `json:"rolledOut,omitempty"`
	// Upgrade: a newer Kubernetes was there for it, which takes a deployment hours.
	Upgrade bool `json:"upgrade,omitempty"`
	// Maintenance: Qovery's own deployment was waited for.
	Maintenance bool `json:"maint,omitempty"`
	Refused     int  `json:"no,omitempty"` // the HTTP status with which the latest POST was refused
}

// verdict is what a look at a cluster says about its deployment.
type verdict string

const (
	waiting     verdict = "waiting"
	startIt     verdict = "start it" // at rest, and not deployed by us yet
	isDeployed  verdict = "deployed"
	passOver    verdict = "pass over"
	failed      verdict = "failed"
	notObserved verdict = "not observed"
)

// observeWithin is how long a deployment that was started may stay invisible. The
// next look after that is within the room that a wave's timeout has for an attempt.
const observeWithin = target.PerAttempt - pollSlowly

const longestName = 32

func newProgress(cluster Cluster) ClusterProgress {
	return ClusterProgress{ID: cluster.ID, Name: shortName(cluster.Name), Wave: waveOf(cluster)}
}

// shortName is as much of a name as fits into the document: no more than 32
// bytes, and nothing that JSON would write as six.
func shortName(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`"\<>&`, r) {
			return '_'
		}
		return r
	}, name)
	for len(name) > longestName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

// judge compares a look at the cluster with what we did to it. DEPLOYED alone
// proves nothing: read straight after the POST it is the old deployment's. Ours
// shows in a changed execution or date, or in a status that was in progress.
func (p *ClusterProgress) judge(cluster Cluster, now time.Time) verdict {
	status := classOf(cluster.Status)
	if status == idle {
		return passOver
	}
	if p.PostedAt.IsZero() {
		if status == inProgress {
			p.Maintenance = p.Maintenance || cluster.Maintenance
			return waiting // it may carry the old key: ours is started after it
		}
		return startIt
	}
	if status == inProgress {
		p.Seen = true
		return waiting
	}
	switch {
	case p.shows(cluster) && status == deployed:
		return isDeployed
	case p.shows(cluster):
		return failed
	case now.Sub(p.PostedAt) < observeWithin:
		return waiting
	default:
		return notObserved
	}
}

// shows tells whether anything was ever seen of the deployment that was started.
func (p *ClusterProgress) shows(cluster Cluster) bool {
	return p.Seen || baseline(cluster) != p.Baseline
}

// unfinished says what is seen of a cluster that is not deployed, and what is not.
func (p *ClusterProgress) unfinished(cluster Cluster) string {
	what := "and not started yet"
	switch started := words.Time(p.PostedAt, time.TimeOnly); {
	case p.Refused != 0:
		what = fmt.Sprintf("and Qovery refused to deploy it with status %d", p.Refused)
	case p.PostedAt.IsZero() && cluster.Maintenance:
		what = "by Qovery's maintenance"
	case p.PostedAt.IsZero() && classOf(cluster.Status) == inProgress:
		what = "and not by this rotation"
	case p.PostedAt.IsZero():
	case p.shows(cluster):
		what = "started at " + started
	default:
		what = "and nothing was seen of the deployment that was started at " + started
	}
	return fmt.Sprintf("%s (%s, %s)", p.Name, strings.ToUpper(cluster.Status), what)
}

// proven tells whether this rotation has deployed the cluster, and what is seen
// of it now does not contradict that.
func (p *ClusterProgress) proven(cluster Cluster) bool {
	if p.Skipped == Broken {
		return true // nothing waits for it
	}
	switch classOf(cluster.Status) {
	case idle:
		return true
	case deployed, inProgress:
		return !p.DoneAt.IsZero()
	default:
		return false
	}
}

// posted notes a deployment that was, or may have been, started.
func (p *ClusterProgress) posted(cluster Cluster, now time.Time) {
	p.PostedAt, p.Baseline, p.Seen, p.Refused = now, baseline(cluster), false, 0
	p.Attempts++
}

// refused notes a deployment that Qovery would not start.
func (p *ClusterProgress) refused(status int) {
	p.resolved()
	p.Refused = status
	p.Attempts++
}

// resolved forgets the open POST.
func (p *ClusterProgress) resolved() { p.PostedAt, p.Baseline, p.Seen = time.Time{}, "", false }

// restart forgets all but which cluster it is.
func (p *ClusterProgress) restart() {
	*p = ClusterProgress{ID: p.ID, Name: p.Name, Wave: p.Wave}
}

func (p *ClusterProgress) over() bool { return !p.DoneAt.IsZero() || p.Skipped != "" }

// baseline is a fingerprint of what changes with every deployment. It is only
// ever compared.
func baseline(cluster Cluster) string {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%q %q", cluster.LastExecutionID, cluster.LastDeployedAt)
	return fmt.Sprintf("%016x", hash.Sum64())
}
