// Package explorer walks the space of what can go wrong. It plays rotations in
// the simulator's worlds under schedules of faults: calls that fail, hang, land
// late or answer stale, functions that die or go on unseen, executions that are
// stopped, redriven or started twice, and people who interfere. After the faults
// it starts executions until one succeeds, and has the world judged.
//
// A Schedule is text (schedule.go), so that whatever is found can be played
// again (play.go), made shorter (shrink.go) and told (story.go). What is explored
// is in walk.go, how small worlds are closed in close.go, and how what schedules
// share is played once in branch.go; that exploration would see a broken rule is
// proved by breaking each in turn (mutations.go).
package explorer
