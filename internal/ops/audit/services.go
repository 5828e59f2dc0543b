package audit

import (
	"context"

	"qovery-key-rotation/internal/rotation"
)

// mostServices are read in an audit, of all targets together. Each takes two requests
// at most, so that a tenth of the 1000 that Qovery allows a token in an hour is not
// used up.
const mostServices = 45

// readServices looks for the user's keys in some of the organization's services, and
// remembers what it has read, also where it could not read all.
func (a Auditor) readServices(ctx context.Context, f *Facts) {
	if !f.Target.LookInVariables || len(f.Keys) == 0 || !f.read(fromServices, fromKeys, FromQovery) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	var keys []rotation.KeyID
	for _, key := range f.Keys {
		keys = append(keys, key.ID)
	}
	organization, err := a.Qovery.Open(ctx, f.Target)
	if err == nil {
		err = f.Readings.Refresh(ctx, organization, keys, max(1, mostServices/len(a.Names)), a.Clock)
	}
	if forgotten := a.Memory.Remember(ctx, rotation.ReadingsOf(f.Target.Name), f.Readings); err == nil {
		err = forgotten
	}
	if err != nil {
		f.Unread[fromServices] = err
	}
}
