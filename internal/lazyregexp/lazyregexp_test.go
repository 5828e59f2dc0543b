package lazyregexp

import "testing"

func TestNew(t *testing.T) {
	digits := New(`^[0-9]+$`)
	if !digits().MatchString("12") || digits().MatchString("x") {
		t.Error("another expression was compiled")
	}
	if first, second := digits(), digits(); first != second {
		t.Error("it is compiled more than once")
	}
	wrong := New(`(`) // does not panic yet
	defer func() {
		if recover() == nil {
			t.Error("a wrong expression was used")
		}
	}()
	wrong()
}
