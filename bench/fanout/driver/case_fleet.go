package main

import (
	"fmt"
	"slices"
	"time"

	"evenkeel.dev/bench/fanout/internal/control"
)

// runFleet lets all clients come and go several times. While they are there for the first time there are single changes and a
// flood of them.
func runFleet(benches []*bench) error {
	for _, b := range benches {
		for visit := range b.plan.Visits {
			storm, err := b.connect()
			if err != nil {
				return err
			}
			connected, err := residentKiB(b.server.Pid)
			if err != nil {
				return err
			}
			if visit == 0 {
				b.result.Memory.ConnectedKiB = connected
				if err := b.changes(); err != nil {
					return err
				}
			}
			b.disconnect()
			time.Sleep(time.Duration(b.plan.RestMs) * time.Millisecond)
			left, err := residentKiB(b.server.Pid)
			if err != nil {
				return err
			}
			b.result.Visits = append(b.result.Visits, Visit{storm, connected, left})
		}
	}
	return nil
}

func (b *bench) changes() error {
	for round := range b.plan.WarmUp + b.plan.Rounds {
		turn, err := b.change(serviceOf(round, b.plan))
		if err != nil {
			return err
		}
		if round >= b.plan.WarmUp {
			b.result.Turns = append(b.result.Turns, turn)
		}
	}
	if b.plan.Changes > 0 {
		if err := b.flood(); err != nil {
			return err
		}
	}
	return b.verifyChange(0)
}

// flood changes one service after the other at a fixed rate; every client subscribes to one of them.
func (b *bench) flood() error {
	if b.plan.Subscriptions != 1 || b.plan.Changes < b.plan.Services {
		return fmt.Errorf("a flood needs clients of one service each, and a change of each")
	}
	collectGarbage()
	first := slices.Clone(b.generations)
	sent := make([][]int64, b.plan.Services)
	trace := make([][]arrival, len(b.sessions))
	b.collector.trace.Store(&trace)
	all := &flood{last: slices.Clone(first), completed: make(chan struct{})}
	for change := range b.plan.Changes {
		all.last[change%b.plan.Services]++
	}
	all.missing.Store(int64(len(b.sessions)))
	b.collector.flood.Store(all)
	backwards, useless := b.collector.backwards.Load(), b.collector.useless.Load()
	var began, ended int64
	cost, err := b.measure(func() error {
		interval := time.Duration(float64(time.Second) / b.plan.ChangesPerSecond)
		began = now()
		for change := range b.plan.Changes {
			// What is due is sent together: a sleep is longer than the interval.
			time.Sleep(time.Duration(began + int64(change)*int64(interval) - now()))
			service := change % b.plan.Services
			b.generations[service]++
			sent[service] = append(sent[service], now())
			if err := b.control.Send(control.Change{Service: service, Generation: b.generations[service]}); err != nil {
				return err
			}
		}
		ended = now()
		return b.await(all.completed, "last change at every client")
	})
	if err != nil {
		return err
	}
	if err := b.control.Wait(); err != nil {
		return fmt.Errorf("%s: %w", b.server.Name, err)
	}
	b.collector.flood.Store(nil)
	b.collector.trace.Store(nil)
	var lags []int64
	var last int64
	for client, session := range b.sessions {
		service := session.services[0]
		own, at := lagsOf(trace[client:client+1], sent[service], first[service]+1)
		if len(own) < len(sent[service]) {
			return fmt.Errorf("%s: %d changes of service %d never reached client %d, merged or not",
				b.server.Name, len(sent[service])-len(own), service, client)
		}
		lags, last = append(lags, own...), max(last, at)
	}
	b.result.Burst = &Burst{
		DrainMs: ms(last - ended), ElapsedMs: ms(ended - began),
		ResponsesPerClient: float64(cost.Responses) / float64(len(trace)),
		Backwards:          b.collector.backwards.Load() - backwards,
		Useless:            b.collector.useless.Load() - useless,
		Cost:               cost,
	}
	b.result.Burst.lag(lags)
	return nil
}
