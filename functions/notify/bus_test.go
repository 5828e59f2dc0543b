package main

import (
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

func TestPut(t *testing.T) {
	for answer, want := range map[string]fault.Code{
		`{"FailedEntryCount":0,"Entries":[{"EventId":"e1"}]}`:              "",
		`{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalError"}]}`: fault.Unreachable,
	} {
		server := awstest.Serve(t, awstest.Always(awstest.JSON(200, answer)))
		event := map[string]string{"target": "production"}
		err := newBus(awstest.Config(server.URL)).Put(t.Context(), "rotation.ended", event)
		if (err == nil) != (want == "") || err != nil && !fault.HasCode(err, want) {
			t.Errorf("%s: %v", answer, err)
		}
		sent := server.Requests()[0]
		for _, text := range []string{`"Source":"qovery-key-rotation"`, `"DetailType":"rotation.ended"`,
			`"Detail":"{\"target\":\"production\"}"`} {
			if sent.Operation != "PutEvents" || !strings.Contains(sent.Body, text) {
				t.Errorf("no %s in %s", text, sent.Body)
			}
		}
	}
	denied := awstest.Serve(t, awstest.Always(awstest.JSONError(400, "AccessDeniedException", "no")))
	if err := newBus(awstest.Config(denied.URL)).Put(t.Context(), "rotation.ended", 1); !fault.HasCode(err,
		fault.AccessDenied) {
		t.Error(err)
	}
}
