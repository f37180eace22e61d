package main

import "slices"

const nanosPerMs = 1e6

func ms(nanos int64) float64 { return float64(nanos) / nanosPerMs }

// quantile is the smallest value that at least the fraction q of the sorted values do not exceed.
func quantile(sorted []int64, q float64) int64 {
	index := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(index, 0), len(sorted)-1)]
}

// spread fills in a turn's times from those of its clients.
func (t *Turn) spread(nanos []int64) {
	if len(nanos) == 0 {
		return
	}
	slices.Sort(nanos)
	t.FirstMs = ms(nanos[0])
	t.P50Ms = ms(quantile(nanos, 0.5))
	t.P99Ms = ms(quantile(nanos, 0.99))
	t.LastMs = ms(nanos[len(nanos)-1])
}
