package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/infra/config"
)

// scheduler keeps the rule of EventBridge Scheduler: neither a new schedule nor a
// changed one may have a StartDate that is over five minutes old.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
type scheduler struct{ now time.Time }

func (s scheduler) put(schedule entry) error {
	text := schedule.text("StartDate")
	if text == "" {
		return nil
	}
	start, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return err
	}
	if start.Before(s.now.Add(-5 * time.Minute)) {
		return fmt.Errorf("ValidationException: the StartDate you specify cannot be earlier than 5 minutes ago: %s", text)
	}
	return nil
}

// rollBack is what CloudFormation does after an update that failed, at its worst: all
// that need not wait for the resource that failed has been updated before.
func rollBack(before, after template, failing string, now time.Time) (rolledBack error) {
	behind := after.behind(failing)
	for id, resource := range before.Resources {
		if resource.Type == "AWS::Scheduler::Schedule" && !behind[id] {
			if err := (scheduler{now}).put(resource); err != nil {
				return fmt.Errorf("rolling %s back: %w", id, err)
			}
		}
	}
	return nil
}

// behind are a resource and all that waits for it.
func (tpl template) behind(id string) map[string]bool {
	behind := map[string]bool{id: true}
	for grown := true; grown; {
		grown = false
		for other, resource := range tpl.Resources {
			waits := slices.ContainsFunc(resource.dependencies(tpl), func(on string) bool { return behind[on] })
			if !behind[other] && waits {
				behind[other], grown = true, true
			}
		}
	}
	return behind
}

// dependencies are the resources that one refers to or waits for.
func (e entry) dependencies(of template) (ids []string) {
	ids = list(e.DependsOn)
	eachString(e.Properties, func(text string) {
		if _, is := of.Resources[text]; is { // a Ref, or the first of a GetAtt
			ids = append(ids, text)
		}
		for id := range of.Resources {
			if strings.Contains(text, "${"+id) { // a Sub
				ids = append(ids, id)
			}
		}
	})
	return ids
}

// An update that fails can be rolled back, also when the StartDates of before have
// passed: schedules are updated when all else has been.
func TestAFailedUpdateIsRolledBack(t *testing.T) {
	later := today.AddDate(0, 0, 100)
	before := synthesize(t, shippedFile(t), config.Environment{}, today).templates[Name]
	after := synthesize(t, shippedFile(t), config.Environment{}, later).templates[Name]
	failed := 0
	for _, id := range slices.Sorted(maps.Keys(after.Resources)) {
		failed++
		if err := rollBack(before, after, id, later); err != nil {
			t.Errorf("%s fails: %v", id, err)
		}
	}
	if t.Logf("the update was failed at each of %d resources", failed); failed < 50 {
		t.Error("these are not all")
	}
	if (scheduler{later}).put(before.rotations()["schedulesproduction"]) == nil {
		t.Error("the schedule of before could be put back in any case, so that nothing was tried")
	}
}

// All rotations' schedules come last. One may still have been updated when another is
// refused; docs/install.md has the way out.
func TestTheSchedulesWaitForAllElse(t *testing.T) {
	for id, tpl := range several(t).templates {
		for other, resource := range tpl.Resources {
			behind := tpl.behind(other)
			for name, schedule := range tpl.Resources {
				audit := plainID(other) == audits && plainID(name) != audits
				if schedule.Type == "AWS::Scheduler::Schedule" && (resource.Type != schedule.Type || audit) && !behind[name] {
					t.Errorf("%s: %s does not wait for %s", id, name, other)
				}
			}
		}
	}
}
