// Clock is the clock on the wall (clock.go). A build with the tag testclock
// takes the time from the host that runs the function instead (testclock.go),
// so that tests need not wait for hours; nothing else differs.

package lambda

import "qovery-key-rotation/internal/rotation"

// Clock is the machine's clock. It implements rotation.Clock.
type Clock struct{}

var _ rotation.Clock = Clock{}
