package explorer

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	o := Options{Enough: 25}
	m := os.Getenv("ZZ")
	o.Singles = strings.Contains(m, "s")
	o.Pairs = strings.Contains(m, "p")
	o.Random, _ = strconv.Atoi(os.Getenv("ZZR"))
	o.Seed = 0
	ctx := context.Background()
	if d, err := time.ParseDuration(os.Getenv("ZZT")); err == nil {
		var c context.CancelFunc
		ctx, c = context.WithTimeout(ctx, d)
		defer c()
	}
	s, err := Walk(ctx, o)
	t.Logf("%+v %v", s, err)
	for _, v := range s.Violations {
		t.Errorf("%s\n      %s", v.Schedule, strings.Join(v.Wrong, "\n      "))
	}
}
