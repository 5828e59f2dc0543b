package qovery

import (
	"sync"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// keepFor is how long the registries of a list are good for their PUTs, each of
// which must repeat what the registry holds. Qovery allows 1,000 requests an
// hour, and an organization with 250 clusters has 250 registries, so none is
// read by itself. Qovery's reads may be a minute stale anyway: a registry that
// was listed within the minute is as good as one that was read just now.
const keepFor = time.Minute

// cache is what an opened organization has read and uses again. An organization
// is opened once for each invocation of a step, so the next step reads anew.
type cache struct {
	mu         sync.Mutex
	registries map[rotation.LocationKind]keptRegistries
}

type keptRegistries struct {
	asked time.Time
	byID  map[string]registryEntry
}

// take returns a registry that was listed a short time ago. It does so once:
// after a change, what was listed is not what the registry holds.
func (k *cache) take(kind rotation.LocationKind, id string, now time.Time) (entry registryEntry, found bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.registries[kind]
	if now.Sub(list.asked) >= keepFor {
		return registryEntry{}, false
	}
	entry, found = list.byID[id]
	delete(list.byID, id)
	return entry, found
}

func (k *cache) keep(kind rotation.LocationKind, entries []registryEntry, asked time.Time) {
	byID := make(map[string]registryEntry, len(entries))
	for _, entry := range entries {
		byID[entry.ID] = entry
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.registries == nil {
		k.registries = map[rotation.LocationKind]keptRegistries{}
	}
	k.registries[kind] = keptRegistries{asked, byID}
}
