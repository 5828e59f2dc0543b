package rotationtest

import "testing"

func TestWrong(t *testing.T) {
	for line, right := range map[string]bool{
		"":                                  true,
		"So it is.":                         true,
		"So it is: no. Is it? Yes!":         true,
		"It was cut …":                      true,
		"It waits ... and waits.":           true,
		"It is so, at 10:30. Hint: wait.":   true,
		"So it is":                          false,
		"So it is..":                        false,
		"So it is .":                        false,
		"So, it is,.":                       false,
		"Is it?.":                           false,
		"It was cut ….":                     false,
		"It failed Hint: wait.":             false,
		"It failed Since then: it is back.": false,
		"So it is.  And so on.":             false,
	} {
		if wrong := Wrong(line); (wrong == "") != right {
			t.Errorf("%q: %q", line, wrong)
		}
	}
}
