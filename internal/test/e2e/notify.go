package main

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// notify is EventBridge: it tells the function notify that an execution ended.
func (w *world) notify(run *execution) {
	function, exists := w.function("notify")
	if !exists || w.ctx.Err() != nil {
		return
	}
	execution, err := w.states().DescribeExecution(w.ctx, &sfn.DescribeExecutionInput{ExecutionArn: &run.arn})
	if err != nil {
		w.Errorf("asking how %s ended: %v", run.name, err)
		return
	}
	now := w.clock.Now()
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": "00000000-0000-4000-8000-000000000000", "source": "aws.states",
		"account":     strings.Split(run.arn, ":")[4],
		"detail-type": "Step Functions Execution Status Change", "region": region, "time": now,
		"resources": []string{run.arn},
		"detail": map[string]any{
			"executionArn": run.arn, "stateMachineArn": w.machine, "name": run.name, "status": execution.Status,
			"startDate": execution.StartDate.UnixMilli(), "stopDate": now.UnixMilli(),
			"input": execution.Input, "output": execution.Output, "error": execution.Error, "cause": execution.Cause,
		},
	})
	if err != nil {
		w.Errorf("telling how %s ended: %v", run.name, err)
		return
	}
	if answer, err := w.host.Invoke(w.ctx, function, event, nil); err == nil && answer.ErrorType != "" {
		w.Errorf("notify, told how %s ended: %s", run.name, answer.Body)
	}
}
