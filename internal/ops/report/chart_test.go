package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var eight = time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)

// wavesOf are two waves of so many clusters, of which the second isn't over.
func wavesOf(clusters int) []Wave {
	waves := []Wave{{Number: 1}, {Number: 2}}
	for i := range clusters {
		c := Cluster{Name: fmt.Sprintf("cluster-%d", i), StartedAt: eight}
		if i%2 == 0 {
			c.DoneAt = eight.Add(time.Hour)
		}
		waves[i%2].Clusters = append(waves[i%2].Clusters, c)
	}
	return waves
}

// Up to twelve clusters are shown by name, each in a row of its own, and more by wave.
func TestDeploymentsByName(t *testing.T) {
	end := eight.Add(2 * time.Hour)
	named := deployments(wavesOf(12), end)
	if rows := grouped(named, rowOf); len(rows) != 12 || named[0].text != "cluster-0" || named[1].text != "cluster-2" {
		t.Errorf("%d rows of %+v", len(rows), named)
	}
	byWave := deployments(wavesOf(13), end)
	if rows := grouped(byWave, rowOf); len(rows) != 1 || len(byWave) != 2 || byWave[0].text != "wave 1" {
		t.Errorf("%d rows of %+v", len(rows), byWave)
	}
	for _, list := range [][]span{named, byWave} {
		first, last := list[0], list[len(list)-1]
		if !first.to.Equal(eight.Add(time.Hour)) || !last.to.Equal(end) {
			t.Errorf("from %s to %s, and to %s", first.from, first.to, last.to)
		}
	}
}

// However narrow a bar is, its name stands within it, beside it, or below.
func TestEveryBarHasItsName(t *testing.T) {
	at := func(minutes int) time.Time { return eight.Add(time.Duration(minutes) * time.Minute) }
	lane := []span{
		{text: "a long one", from: at(0), to: at(100)}, {text: "left", from: at(160), to: at(161)},
		{text: "below", from: at(161), to: at(162)}, {text: "below, too", from: at(162), to: at(163)},
		{text: "right", from: at(163), to: at(164)}, {text: strings.Repeat("long", 30), from: at(299), to: at(300)},
	}
	for _, on := range []canvas{wide, narrow} {
		var c chart
		bottom := c.addLane(newScale(on, []time.Time{at(0), at(300)}), slices.Clone(lane), 0)
		names := c.Names
		for _, b := range c.Bars {
			if b.Text != nil {
				names = append(names, *b.Text)
			}
		}
		if len(names) != len(lane) {
			t.Errorf("%s: %d names of %d bars", on.class, len(names), len(lane))
		}
		for i, a := range names {
			if a.X < 0 || float64(a.X)+widthOf(a.Text) > on.width || float64(a.Y) > bottom {
				t.Errorf("%s: %+v is out of the chart", on.class, a)
			}
			for _, b := range names[i+1:] {
				if a.Y == b.Y && float64(a.X) < float64(b.X)+widthOf(b.Text) && float64(b.X) < float64(a.X)+widthOf(a.Text) {
					t.Errorf("%s: %+v and %+v", on.class, a, b)
				}
			}
		}
	}
}
