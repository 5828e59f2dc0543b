package notice

import (
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Programs are told of each execution but dry runs when it begins, and when it ends, after
// the e-mail.
func TestEvents(t *testing.T) {
	later := night.Add(5 * time.Hour).Format(time.RFC3339)
	for name, test := range map[string]struct {
		event string
		facts Facts
		want  string // type, kind, rotation, ending; "": no event
	}{
		"begins": {execution("RUNNING", with("stopDate", nil)), world(oneKey), "rotation.started rotation  "},
		"waits": {execution("RUNNING", input(`{"target":"production","scheduled":true,"key":"AKIAOLDOLDOLDOLDOLD1",`+
			`"notBefore":"`+later+`"}`)), world(oneKey), "rotation.waiting rotation  "},
		"a migration begins":  {execution("RUNNING", input(migrate)), world(oneKey), "rotation.started migration  "},
		"a retirement begins": {execution("RUNNING", input(retire)), world(oneKey), "rotation.started retirement  "},
		"a dry run begins":    {execution("RUNNING", input(dryRun)), world(oneKey), ""},
		"rotated": {execution("SUCCEEDED", output(completed(summary()))), world(newKey),
			"rotation.ended rotation k3v9 rotated"},
		"unchanged": {execution("FAILED", failedWith(locked)), world(oneKey), "rotation.ended rotation  unchanged"},
		"paused": {execution("FAILED", failedWith(stillUse)), world(bothKeys, open(deployed)),
			"rotation.paused rotation k3v9 paused"},
		"stopped half way": {execution("ABORTED"), world(bothKeys, open(deployed)), "rotation.paused rotation k3v9 stopped"},
		"stopped to abort": {execution("ABORTED", with("error", StoppedToAbort)), world(bothKeys, open(deployed)),
			"rotation.paused rotation k3v9 stopped"},
		"retired": {execution("SUCCEEDED", input(retire), output(completed(summary(ofRetirement)))), world(keys()),
			"rotation.ended retirement k3v9 rotated"},
		"a dry run ends": {execution("SUCCEEDED", input(dryRun),
			output(plannedAs(rotation.PlanReport{Would: rotation.ActionCreate}))), world(oneKey), ""},
		"an alarm": {alarm("a", "ALARM", "d", "r"), world(oneKey), ""},
	} {
		f := &fake{facts: test.facts}
		if _, err := f.handle(t.Context(), test.event); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, e := range f.put {
			got = append(got, strings.Join([]string{e.Type, e.Kind, e.Rotation, string(e.Ending)}, " "))
			if e.Version != 1 || e.Target != "production" || e.Execution != thisExecution || e.StartedAt.IsZero() ||
				e.Until.IsZero() == (e.Type == EventWaiting) || e.EndedAt.IsZero() != (e.Ending == "") ||
				(e.Verdict == "") != (e.Ending == "") {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if strings.Join(got, ",") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
