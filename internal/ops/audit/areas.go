package audit

import "slices"

// Area is what a person looks at as one thing.
type Area string

// The areas, each after those that it rests on.
const (
	TheTarget    Area = "target"
	TheToken     Area = "token"
	TheKeys      Area = "keys"
	TheLocations Area = "locations"
	TheClusters  Area = "clusters"
	TheRegions   Area = "regions"
	TheSchedule  Area = "schedule"
	TheRotation  Area = "rotation"
)

// areas has each kind of finding once.
var areas = map[Area][]Kind{
	TheTarget:    {unread(fromTarget)},
	TheToken:     {unread(FromQovery)},
	TheKeys:      {unread(fromKeys), unread(fromUses), tooOld, unused, leftOver, quarantined, activeLeak},
	TheLocations: {unread(fromServices), drift, inServices},
	TheClusters:  {invalid, undeployed, unknownCluster},
	TheRegions:   {unread(FromNeeds)},
	TheSchedule:  {unread(FromSchedule), schedule},
	TheRotation:  {unread(FromJournal), unread(FromOwner), unread(fromRuns), Open, due},
}

// In returns the findings of an area, and whether all of it could be judged.
func (j Judgement) In(area Area) (found []Finding, whole bool) {
	whole = true
	for _, kind := range areas[area] {
		whole = whole && j.Judged[kind]
	}
	for _, f := range j.Findings {
		if slices.Contains(areas[area], f.Kind) {
			found = append(found, f)
		}
	}
	return found, whole
}
