package main

import (
	"slices"
	"testing"
)

func TestLagsCountMergedChangesFromWhenTheyWereMade(t *testing.T) {
	trace := [][]arrival{
		{{at: 12, generation: 5}, {at: 40, generation: 7}},
		{{at: 33, generation: 7}},
	}
	lags, last := lagsOf(trace, []int64{10, 20, 30}, 5)
	if want := []int64{2, 20, 10, 23, 13, 3}; !slices.Equal(lags, want) {
		t.Errorf("lags %v, want %v", lags, want)
	}
	if last != 40 {
		t.Errorf("last arrival %d", last)
	}
}

func TestLagsOfWhatNeverArrivedAreMissing(t *testing.T) {
	lags, _ := lagsOf([][]arrival{{{at: 12, generation: 5}}}, []int64{10, 20}, 5)
	if len(lags) != 1 {
		t.Errorf("lags %v", lags)
	}
}

func TestQuantile(t *testing.T) {
	values := make([]int64, 1000)
	for i := range values {
		values[i] = int64(i + 1)
	}
	for q, want := range map[float64]int64{0: 1, 0.5: 500, 0.99: 990, 1: 1000} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
}

func TestSubscriptionsSpreadEvenly(t *testing.T) {
	plan := &Plan{Services: 1000, Subscriptions: 3}
	counts := make([]int, plan.Services)
	for client := range 1000 {
		for _, service := range subscriptionsOf(client, plan) {
			counts[service]++
		}
	}
	if slices.Min(counts) != 3 || slices.Max(counts) != 3 {
		t.Errorf("from %d to %d clients a service", slices.Min(counts), slices.Max(counts))
	}
}
