package main

import (
	"fmt"
	"slices"
	"sync/atomic"

	"evenkeel.dev/bench/fanout/internal/control"
)

// runChanges connects the clients of all servers and then changes one service at a time, a server after the other.
func runChanges(benches []*bench) error {
	for _, b := range benches {
		if err := b.connectAndWeigh(); err != nil {
			return err
		}
	}
	plan := benches[0].plan
	for round := range plan.WarmUp + plan.Rounds {
		// Every other round goes backwards: what disturbs the machine for longer than a turn hits no server more.
		order := slices.Clone(benches)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, b := range order {
			turn, err := b.change(serviceOf(round, plan))
			if err != nil {
				return err
			}
			if round >= plan.WarmUp {
				b.result.Turns = append(b.result.Turns, turn)
			}
		}
	}
	for _, b := range benches {
		if err := b.verifyChange(serviceOf(plan.WarmUp+plan.Rounds, plan)); err != nil {
			return err
		}
		b.disconnect()
	}
	return nil
}

// serviceOf spreads the changes over the services.
func serviceOf(round int, plan *Plan) int { return round * 37 % plan.Services }

// change makes one change and waits until every client that it concerns has it.
func (b *bench) change(service int) (*Turn, error) {
	collectGarbage()
	b.generations[service]++
	current := &turn{
		service: service, generation: b.generations[service],
		involved: make([]bool, len(b.sessions)), at: make([]int64, len(b.sessions)),
		stranger: make([]atomic.Bool, len(b.sessions)), completed: make(chan struct{}),
	}
	involved := 0
	for client, session := range b.sessions {
		if slices.Contains(session.services, service) {
			current.involved[client] = true
			involved++
		}
	}
	if involved == 0 {
		return nil, fmt.Errorf("no client subscribes to service %d", service)
	}
	current.missing.Store(int64(involved))
	useless := b.collector.useless.Load()
	b.collector.turn.Store(current)

	result := &Turn{}
	var started int64
	var err error
	result.Cost, err = b.measure(func() error {
		started = now()
		if err := b.control.Send(control.Change{Service: service, Generation: current.generation}); err != nil {
			return err
		}
		return b.await(current.completed, "change at every client")
	})
	if err != nil {
		return nil, err
	}
	if err := b.control.Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w", b.server.Name, err)
	}
	b.collector.turn.Store(nil)

	var arrived []int64
	for client, concerned := range current.involved {
		if concerned {
			arrived = append(arrived, current.at[client]-started)
		}
		if current.stranger[client].Load() {
			result.Uninvolved++
		}
	}
	result.spread(arrived)
	result.Useless = b.collector.useless.Load() - useless
	return result, nil
}

// verifyChange makes one more change, unmeasured, and counts the clients that then have exactly the right endpoints.
func (b *bench) verifyChange(service int) error {
	var err error
	if b.result.Memory.EndKiB, err = residentKiB(b.server.Pid); err != nil {
		return err
	}
	b.collector.keep.Store(true)
	if _, err := b.change(service); err != nil {
		return err
	}
	for _, session := range b.sessions {
		if !slices.Contains(session.services, service) ||
			session.exact(service, b.plan.Endpoints, b.generations[service]) {
			b.result.Exact++
		}
	}
	return nil
}
