package explorer

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"strings"
)

//go:embed corpus.txt
var corpusText string

// Corpus are the schedules that found something once.
func Corpus() (schedules []Schedule, err error) {
	for line := range strings.Lines(corpusText) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		schedule, err := Parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		schedules = append(schedules, schedule)
	}
	return schedules, nil
}

// Hash names the schedule in every process, now and later.
func (s Schedule) Hash() uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(s.String())) // it never fails
	return hash.Sum64()
}

// Shard is a part of an exploration: the schedules whose hash leaves Part-1 when it is
// divided by Of. The zero Shard is all of it.
type Shard struct{ Part, Of int }

// ParseShard reads "3/8"; empty is all of it.
func ParseShard(text string) (shard Shard, err error) {
	if text == "" {
		return shard, nil
	}
	n, err := fmt.Sscanf(text, "%d/%d", &shard.Part, &shard.Of)
	if n != 2 || err != nil || fmt.Sprintf("%d/%d", shard.Part, shard.Of) != text ||
		shard.Part < 1 || shard.Part > shard.Of {
		return Shard{}, fmt.Errorf("%q is not a part such as 3/8", text)
	}
	return shard, nil
}

func (s Shard) has(hash uint64) bool { return s.Of == 0 || hash%uint64(s.Of) == uint64(s.Part-1) }
