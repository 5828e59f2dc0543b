package explorer

import "slices"

// Shrink makes a schedule shorter as long as something goes wrong under it that
// is told of with the wanted words: it leaves faults out, one at a time, and
// moves it into a smaller world.
func Shrink(s Schedule, lens Lens, wanted string) (Schedule, error) {
	for {
		smaller, err := smallerThan(s, lens, wanted)
		if err != nil || smaller == nil {
			return s, err
		}
		s = *smaller
	}
}

// smallerThan returns the first smaller schedule under which something goes wrong, or nil.
func smallerThan(s Schedule, lens Lens, wanted string) (*Schedule, error) {
	for _, candidate := range candidates(s) {
		result, err := Play(candidate, lens)
		if err != nil {
			return nil, err
		}
		if result.shows(wanted) && result.AllFired() {
			return &candidate, nil
		}
	}
	return nil, nil
}

// Shrink returns the shortest violation that this one leads to.
func (v Violation) Shrink() (Violation, error) {
	schedule, err := Parse(v.Schedule)
	if err != nil {
		return v, err
	}
	if schedule, err = Shrink(schedule, nil, ""); err != nil {
		return v, err
	}
	result, err := Play(schedule, nil)
	return Violation{schedule.String(), result.Wrong}, err
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
