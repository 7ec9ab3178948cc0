package main

import (
	"math"
	"slices"
)

// summary is the median and the range of some values.
type summary struct {
	Median, Min, Max float64
	N                int
}

// summarise leaves its argument untouched. The median of an even number of
// values is the mean of the middle two.
func summarise(values []float64) summary {
	if len(values) == 0 {
		return summary{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return summary{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1], N: n}
}

// quantile is the nearest-rank quantile, q in (0, 1]: the smallest value that
// at least the share q of all values does not exceed. It is 0 without values.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q * float64(len(v))))
	return v[min(max(rank, 1), len(v))-1]
}
