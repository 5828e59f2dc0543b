package explorer

import "qovery-key-rotation/internal/simulator"

// foresee polices rule 13: no key is created of which it can be known that it
// would have to be thrown away, or would stay beside the old one for ever.
func (p *player) foresee(world World) {
	ends := simulator.Beginning.Add(world.denied)
	observe := p.Wire.Observer
	staged := true // the secret that was to be staged last
	p.Wire.Observer = func(outcome simulator.Outcome) {
		if outcome.Site == putParameter && !outcome.Late {
			staged = outcome.Answered && outcome.Err == nil
		}
		observe(outcome)
	}
	p.IAM.OnKeyChange(func(change simulator.KeyChange) {
		switch {
		case change.What != simulator.Created || change.By == simulator.Person:
		case change.At.Before(ends):
			p.wrong("the key %s was created while CloudTrail could not be searched, so that no rotation could end", change.Key)
		case !staged:
			p.wrong("the key %s was created while no secret could be staged", change.Key)
		}
	})
}
