package words

import (
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	for got, want := range map[string]string{
		At(time.Date(2026, 1, 12, 9, 0, 59, 0, paris)): "2026-01-12 08:00 UTC",
		At(time.Time{}):                      "(time unknown)",
		Count(0, "key"):                      "0 keys",
		Count(1, "key"):                      "1 key",
		Count(250, "cluster"):                "250 clusters",
		Dot("so it is"):                      "so it is.",
		Dot("so it is. "):                    "so it is.",
		Dot("is it?"):                        "is it?",
		Dot("it was cut …"):                  "it was cut …",
		Dot("it goes on ... "):               "it goes on ...",
		Sentences("a", "", " ", "b. ", "c?"): "a. b. c?",
		Sentences():                          "",
		Cause(`{"errorMessage":"It is gone.","errorType":"NewKeyLost"}`): "It is gone.",
		Cause(`{"errorType":"Runtime.ExitError"}`):                       `{"errorType":"Runtime.ExitError"}`,
		Cause("States.Timeout"):                                          "States.Timeout",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
