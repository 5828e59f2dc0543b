package fault

import (
	"strings"
	"testing"
)

// A denial about an IAM user names what is wrong most often first; any other error
// keeps the advice of its code.
func TestOfUser(t *testing.T) {
	denied := Errorf(AccessDenied, "AWS denies iam:ListAccessKeys").OfUser("qovery").Error()
	path := strings.Index(denied, "iamUserPath with what 'aws iam get-user --user-name qovery --query User.Path'")
	role := strings.Index(denied, "the role of the function")
	if path < 0 || role < path {
		t.Errorf("the path is not named before the role: %s", denied)
	}
	if throttled := Errorf(Throttled, "Too many requests").OfUser("qovery"); throttled.Next != nil {
		t.Errorf("another error has the advice %s", throttled.Next)
	}
	if AccessDenied.Advice().First == Errorf(AccessDenied, "x").OfUser("qovery").Next.First {
		t.Error("the advice names no path")
	}
}

func TestNoUser(t *testing.T) {
	err := NoUser("qovery")
	if err.Code != TargetNotFound ||
		!strings.HasPrefix(err.Error(), "There is no IAM user qovery. Correct the target's") ||
		!strings.HasSuffix(err.Error(), "Then start the rotation again.") {
		t.Errorf("%s: %s", err.Code, err)
	}
}

func TestStarts(t *testing.T) {
	for do, want := range map[Do]bool{Start: true, Redrive: true, Release: false, Watch: false, Status: false, "": false} {
		if do.Starts() != want {
			t.Errorf("%q starts: %t", do, !want)
		}
	}
}
