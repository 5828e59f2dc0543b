package interpreter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"qovery-key-rotation/statemachine"
)

// BenchmarkExecution is about what a rotation does: 60 transitions, half of them Tasks.
func BenchmarkExecution(b *testing.B) {
	for _, size := range []int{4 << 10, 100 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			var states []string
			for i := range 30 {
				states = append(states,
					task(fmt.Sprintf("T%d", i), fmt.Sprintf("C%d", i)),
					choice(fmt.Sprintf("C%d", i), fmt.Sprintf(`{"Variable": "$.plan", "StringEquals": "GO", "Next": "T%d"}`, i+1)))
			}
			states = append(states, task("T30", "Done"))
			m := load(b, machine(states...))
			input := fmt.Sprintf(`{"plan":"GO","text":%q}`, strings.Repeat("x", size))
			w := newWorld()
			for i := range 31 {
				w.with(fmt.Sprintf("t%d", i), says(input))
			}
			b.ReportAllocs()
			for b.Loop() {
				e, err := NewExecution(m, w, testARN, "first", json.RawMessage(input))
				if err != nil {
					b.Fatal(err)
				}
				w.payloads = w.payloads[:0]
				e.Run(w.context())
				wantStatus(b, e, statemachine.Succeeded)
			}
		})
	}
}
