package notice

import (
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
)

// RotationTime is the metric of how long a whole rotation took, in seconds: from
// the record's opening to its closing, however many executions that were. Of
// executions Step Functions has metrics of its own.
const RotationTime = "RotationTime"

// measure writes the metric of each rotation that an execution completed.
func (n Notifier) measure(completed []rotation.Summary) error {
	for _, summary := range completed {
		words := map[string]string{"rotation": summary.RotationID}
		took := summary.CompletedAt.Sub(summary.StartedAt)
		if err := n.Metrics.Put(summary.CompletedAt, summary.Target, words,
			lambda.Metric{Name: RotationTime, Unit: lambda.Seconds, Value: took.Seconds()}); err != nil {
			return err
		}
	}
	return nil
}
