package qovery

import (
	"cmp"
	"context"
	"strings"
	"time"

	"qovery-key-rotation/internal/words"
)

type logLine struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp"`
	Message   *logMessage `json:"message"`
	Error     *logError   `json:"error"`
}

type logMessage struct {
	SafeMessage string `json:"safe_message"`
}

type logError struct {
	Tag            string           `json:"tag"`
	UserLogMessage string           `json:"user_log_message"`
	HintMessage    string           `json:"hint_message"`
	Underlying     *underlyingError `json:"underlying_error"`
}

type underlyingError struct {
	Message string `json:"message"`
}

// Problem tells why a cluster's deployment failed, as far as its logs do.
func (o *organization) Problem(ctx context.Context, clusterID string) (string, error) {
	lines, err := learn(ctx, o, readLogs, decodeList[logLine], o.id, clusterID)
	if err != nil {
		return "", err
	}
	return o.foreign(lastError(lines), maxProblem), nil
}

// lastError is the text of the error line that is the latest by its time. Lines
// without a readable time count in the order they are listed.
func lastError(lines []logLine) string {
	var (
		last string
		when time.Time
	)
	for _, line := range lines {
		text := line.problem()
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, line.Timestamp)
		if err != nil {
			at = when
		}
		if !at.Before(when) {
			last, when = text, at
		}
	}
	return last
}

// problem is the line's text if it tells of an error, with the hint.
func (l logLine) problem() string {
	if l.Error == nil && !strings.EqualFold(l.Type, "error") {
		return ""
	}
	safe := ""
	if l.Message != nil {
		safe = l.Message.SafeMessage
	}
	if l.Error == nil {
		return safe
	}
	underlying := ""
	if l.Error.Underlying != nil {
		underlying = l.Error.Underlying.Message
	}
	text := cmp.Or(l.Error.UserLogMessage, underlying, safe, l.Error.Tag)
	if l.Error.HintMessage != "" {
		text = strings.TrimSpace(words.Sentences(text) + " Hint: " + l.Error.HintMessage)
	}
	return text
}
