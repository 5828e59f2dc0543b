package rotation

import "testing"

// What the way back did comes after the words of the step that failed, inside of
// Lambda's JSON if they arrived in it.
func TestCaughtErrorIsAmended(t *testing.T) {
	for _, test := range []struct{ name, cause, want string }{
		{"Lambda's JSON", `{"errorMessage":"A cluster failed. Mend it.","errorType":"DeploymentFailed"}`,
			`{"errorMessage":"A cluster failed. Mend it. Since then: the old key is Active again.","errorType":"DeploymentFailed"}`},
		{"a sentence", "The rotation was aborted on request.", "The rotation was aborted on request. Since then: the old key is Active again."},
		{"JSON of another kind", `{"Error":"x"}`, `{"Error":"x"} Since then: the old key is Active again.`},
		{"nothing", "", "Since then: the old key is Active again."},
	} {
		caught := &CaughtError{Error: "DeploymentFailed", Cause: test.cause}
		if caught.amend("the old key is Active again"); caught.Cause != test.want || caught.Error != "DeploymentFailed" {
			t.Errorf("%s: %+v, want %s", test.name, caught, test.want)
		}
	}
	var none *CaughtError
	none.amend("nothing was caught, and nothing is amended")
	if none != nil {
		t.Error("an error came out of nothing")
	}
}
