package rotation

import (
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// CheckRegions makes sure that CloudTrail can be asked in these regions: whoever
// implements Trail asks nowhere else. To look nowhere is not to find nothing.
func CheckRegions(names []string) error {
	if len(names) == 0 {
		return fault.Errorf(fault.MalformedAnswer, "No region is known in which the key may have been used")
	}
	for _, name := range names {
		if name == "" || target.RegionProblem(name) != "" {
			return fault.Errorf(fault.RegionNotSearchable,
				"CloudTrail can't be searched in %q, where the key may have been used: that "+
					"isn't a region of AWS", shortName(name))
		}
	}
	return nil
}
