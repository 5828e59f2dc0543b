package strictjson

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// nearest returns the known name that most likely was meant, or all known names
// if none is like it.
func nearest(name string, fields map[string][]int) string {
	known := slices.Sorted(maps.Keys(fields))
	best := slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
	if distance(name, best) > len(best)/2 {
		return strings.Join(known, ", ")
	}
	return strconv.Quote(best)
}

// distance is how many letters have to be added, removed or replaced to turn one
// name into the other, upper and lower case being the same.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal, row[j+1] = row[j+1], min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
