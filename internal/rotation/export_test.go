package rotation

// Amend is what steps on the way back do.
func Amend(e *CaughtError, since string) { e.amend(since) }
