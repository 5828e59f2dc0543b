package explorer

import "slices"

// Shrink makes a schedule shorter as long as something goes wrong under it: it
// leaves faults out, one at a time, and moves it into a smaller world.
func Shrink(s Schedule, lens Lens) (Schedule, error) {
	for {
		smaller, err := smallerThan(s, lens)
		if err != nil || smaller == nil {
			return s, err
		}
		s = *smaller
	}
}

// smallerThan returns the first smaller schedule under which something goes wrong, or nil.
func smallerThan(s Schedule, lens Lens) (*Schedule, error) {
	for _, candidate := range candidates(s) {
		result, err := Play(candidate, lens)
		if err != nil {
			return nil, err
		}
		if len(result.Wrong) > 0 && result.AllFired() {
			return &candidate, nil
		}
	}
	return nil, nil
}

func candidates(s Schedule) []Schedule {
	var list []Schedule
	for i := range s.Faults {
		shorter := s
		shorter.Faults = slices.Delete(slices.Clone(s.Faults), i, i+1)
		list = append(list, shorter)
	}
	if s.Seed != 0 {
		plain := s
		plain.Seed = 0
		list = append(list, plain)
	}
	if smallest := Worlds[0].Name; s.World != smallest {
		small := s
		small.World = smallest
		list = append(list, small)
	}
	return list
}
