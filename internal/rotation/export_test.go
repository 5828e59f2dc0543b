package rotation

import "qovery-key-rotation/internal/words"

// Amend is what steps on the way back do.
func Amend(e *CaughtError, since words.Text) { e.amend(since) }
