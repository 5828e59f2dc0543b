package explorer

import "testing"

// TestRates: most pairs lead to where others have led, and what closes a world comes further.
func TestRates(t *testing.T) {
	closing, sample, pairs, err := Rates(t.Context(), 3)
	if err != nil || sample.Schedules != pairs/everyNth || sample.Schedules == 0 ||
		closing.Schedules == 0 || closing.Schedules > pairs/2 || closing.States <= sample.States {
		t.Errorf("closing %+v, a sample of %d pairs %+v: %v", closing, pairs, sample, err)
	}
}
