package qovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"qovery-key-rotation/internal/words"
)

type lock struct {
	ClusterID string `json:"cluster_id"`
	Reason    string `json:"reason"`
	OwnerName string `json:"owner_name"`
	LockedAt  string `json:"locked_at"`
	Days      int    `json:"ttl_in_days"` // zero: it has no end
}

// Locks returns the locked clusters, each with the reason, who locked it, when and
// until when.
func (o *organization) Locks(ctx context.Context) (map[string]string, error) {
	locks, err := learn(ctx, o, listLocks, decodeLocks, o.id)
	if err != nil {
		return nil, err
	}
	reasons := make(map[string]string, len(locks))
	for _, lock := range locks {
		reasons[lock.ClusterID] = o.foreign(lock.text(), maxDetail)
	}
	return reasons, nil
}

func decodeLocks(body []byte) ([]lock, error) {
	locks, err := decodeList[lock](body)
	if err != nil {
		return nil, err
	}
	for _, lock := range locks {
		if lock.ClusterID == "" {
			return nil, errors.New("a lock has no cluster")
		}
	}
	return locks, nil
}

func (l lock) text() string {
	return fmt.Sprintf("%s (by %s, since %s)", cmp.Or(l.Reason, "no reason given"),
		cmp.Or(l.OwnerName, "no one named"), l.times())
}

// times are when it was locked and, if that can be told, when the lock ends by itself.
func (l lock) times() string {
	from, err := time.Parse(time.RFC3339, l.LockedAt)
	switch {
	case err != nil:
		return cmp.Or(l.LockedAt, "an unknown time")
	case l.Days <= 0:
		return words.At(from)
	}
	return words.At(from) + ", until " + words.At(from.AddDate(0, 0, l.Days))
}
