package report_test

import (
	"testing"

	"qovery-key-rotation/internal/test/rotationtest"
)

// Whichever time is missing from the histories, no report shows the year 1.
func TestReportsShowNoZeroTime(t *testing.T) {
	result, histories := play(t, "plain")
	built := build(t, result.World.Timeline.Now(), histories...)
	rotationtest.EachTime(&built, func(path string) {
		if shown := rotationtest.ZeroTime.FindString(html(t, built)); shown != "" {
			t.Errorf("without %s the page shows %s", path, shown)
		}
		if shown := rotationtest.ZeroTime.FindString(jsonText(t, built)); shown != "" {
			t.Errorf("without %s the JSON shows %s", path, shown)
		}
	})
}
