package fakeqovery

import (
	"net/http"
	"strconv"
	"time"
)

// Requests is how many requests there were, in total and in the busiest hour.
func (s *Server) Requests() (total, busiestHour int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.total, s.requests.busiest
}

// counter counts requests. It keeps those of the last hour.
type counter struct {
	total, busiest int
	recent         []time.Time
}

func (c *counter) add(at time.Time) {
	c.total++
	old := 0
	for old < len(c.recent) && !c.recent[old].After(at.Add(-time.Hour)) {
		old++
	}
	c.recent = append(c.recent[old:], at)
	c.busiest = max(c.busiest, len(c.recent))
}

// limiter is Qovery's limit of requests: so many from the first one on, until an
// hour is over.
type limiter struct {
	resets time.Time
	used   int
}

// exceeded counts a request against the limit and sets the headers that tell of
// it.
func (l *limiter) exceeded(now time.Time, limit int, header http.Header) bool {
	if limit <= 0 {
		return false
	}
	if !now.Before(l.resets) {
		// Whole seconds, since that is what the header can say.
		l.resets, l.used = now.Truncate(time.Second).Add(time.Hour), 0
	}
	l.used++
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(max(limit-l.used, 0)))
	header.Set("X-RateLimit-Reset", strconv.FormatInt(l.resets.Unix(), 10))
	return l.used > limit
}
