package main

import (
	"fmt"
	"slices"
	"time"

	"evenkeel.dev/bench/fanout/internal/control"
)

// pollInterval is how often the end of a burst is looked for; it is not part of any figure.
const pollInterval = 5 * time.Millisecond

// runBursts changes one service at a fixed rate, a server after the other.
func runBursts(benches []*bench) error {
	for _, b := range benches {
		if err := b.connectAndWeigh(); err != nil {
			return err
		}
		for range b.plan.WarmUp {
			if _, err := b.change(0); err != nil {
				return err
			}
		}
		if err := b.burst(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) burst() error {
	collectGarbage()
	first := b.generations[0] + 1
	last := b.generations[0] + b.plan.Changes
	b.generations[0] = last
	trace := make([][]arrival, len(b.sessions))
	b.collector.keep.Store(true)
	b.collector.trace.Store(&trace)
	backwards := b.collector.backwards.Load()
	useless := b.collector.useless.Load()

	sent := make([]int64, 0, b.plan.Changes)
	cost, err := b.measure(func() error {
		interval := time.Duration(float64(time.Second) / b.plan.ChangesPerSecond)
		begin := time.Now()
		for generation := first; generation <= last; generation++ {
			time.Sleep(time.Until(begin.Add(time.Duration(generation-first) * interval)))
			sent = append(sent, now())
			if err := b.control.Send(control.Change{Service: 0, Generation: generation}); err != nil {
				return err
			}
		}
		return b.awaitQuiet()
	})
	if err != nil {
		return err
	}
	if b.result.Memory.EndKiB, err = residentKiB(b.server.Pid); err != nil {
		return err
	}
	b.disconnect()

	lags, lastArrival := lagsOf(trace, sent, first)
	if len(lags) < len(sent)*len(trace) {
		return fmt.Errorf("%s: %d of %d changes never arrived, merged or not",
			b.server.Name, len(sent)*len(trace)-len(lags), len(sent)*len(trace))
	}
	for _, session := range b.sessions {
		if session.exact(0, b.plan.Endpoints, last) {
			b.result.Exact++
		}
	}
	b.result.Burst = &Burst{
		DrainMs:            ms(lastArrival - sent[len(sent)-1]),
		ElapsedMs:          ms(sent[len(sent)-1] - sent[0]),
		ResponsesPerClient: float64(cost.Responses) / float64(len(trace)),
		Backwards:          b.collector.backwards.Load() - backwards,
		Useless:            b.collector.useless.Load() - useless,
		Cost:               cost,
	}
	b.result.Burst.lag(lags)
	return nil
}

func (r *Burst) lag(lags []int64) {
	slices.Sort(lags)
	r.LagP50Ms, r.LagP99Ms, r.LagMaxMs = ms(quantile(lags, 0.5)), ms(quantile(lags, 0.99)), ms(lags[len(lags)-1])
}

// awaitQuiet waits until the server has answered every command and no response came for the time of settling.
func (b *bench) awaitQuiet() error {
	if err := b.control.Wait(); err != nil {
		return fmt.Errorf("%s: %w", b.server.Name, err)
	}
	deadline := time.Now().Add(time.Duration(b.plan.TimeoutMs) * time.Millisecond)
	before, quietSince := b.collector.responses.Load(), time.Now()
	for time.Since(quietSince) < time.Duration(b.plan.SettleMs)*time.Millisecond {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not quiet within %d ms", b.server.Name, b.plan.TimeoutMs)
		}
		select {
		case err := <-b.collector.failed:
			return fmt.Errorf("%s: %w", b.server.Name, err)
		case <-time.After(pollInterval):
		}
		if count := b.collector.responses.Load(); count != before {
			before, quietSince = count, time.Now()
		}
	}
	return nil
}

// lagsOf is, for every change and client, the time from the change until the client had it or a later one.
func lagsOf(trace [][]arrival, sent []int64, first int) (lags []int64, lastArrival int64) {
	lags = make([]int64, 0, len(trace)*len(sent))
	for _, arrivals := range trace {
		change := 0
		for _, arrived := range arrivals {
			for change < len(sent) && first+change <= arrived.generation {
				lags = append(lags, arrived.at-sent[change])
				change++
				lastArrival = max(lastArrival, arrived.at)
			}
		}
	}
	return lags, lastArrival
}
