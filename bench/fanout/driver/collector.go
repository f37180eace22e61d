package main

import (
	"sync"
	"sync/atomic"

	"evenkeel.dev/bench/fanout/internal/xds"
)

// collector is what the sessions of one fleet report to.
type collector struct {
	responses, messageBytes, wireBytes, useless, backwards atomic.Int64

	// keep makes sessions keep a copy of their last assignments.
	keep atomic.Bool
	turn atomic.Pointer[turn]
	// flood, when set, is the flood under way.
	flood atomic.Pointer[flood]
	// trace, when set, has one list a client, each written by its own client only.
	trace atomic.Pointer[[][]arrival]

	// inspect, when set before the fleet starts, is shown every resource.
	inspect func(t xds.Type, resource []byte)

	mu       sync.Mutex
	connect  []int64
	expected int
	ready    chan struct{}
	failed   chan error
}

// turn is a change under way.
type turn struct {
	service, generation int
	// involved are the clients that the change concerns; at is when each had it.
	involved  []bool
	at        []int64
	missing   atomic.Int64
	stranger  []atomic.Bool
	completed chan struct{}
}

// flood is many changes under way.
type flood struct {
	// last is the last change of each service.
	last      []int
	missing   atomic.Int64
	completed chan struct{}
}

// arrival is a generation that reached a client.
type arrival struct {
	at         int64
	generation int
}

func newCollector(clients int) *collector {
	return &collector{expected: clients, ready: make(chan struct{}), failed: make(chan error, 1)}
}

// fail reports what ended a client; the first one ends the run.
func (c *collector) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}

func (c *collector) received(s *session, bytes, useless int) {
	c.responses.Add(1)
	c.messageBytes.Add(int64(bytes))
	c.useless.Add(int64(useless))
	if turn := c.turn.Load(); turn != nil && !turn.involved[s.id] {
		turn.stranger[s.id].Store(true)
	}
}

func (c *collector) assigned(client, service, before, generation int, at int64) {
	if generation < before {
		c.backwards.Add(1)
	}
	if trace := c.trace.Load(); trace != nil {
		(*trace)[client] = append((*trace)[client], arrival{at, generation})
	}
	if flood := c.flood.Load(); flood != nil && generation == flood.last[service] && before != generation {
		if flood.missing.Add(-1) == 0 {
			close(flood.completed)
		}
	}
	turn := c.turn.Load()
	if turn == nil || service != turn.service || generation != turn.generation || before == generation {
		return
	}
	turn.at[client] = at
	if turn.missing.Add(-1) == 0 {
		close(turn.completed)
	}
}

// completed says that a client had its first full state.
func (c *collector) completed(at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connect = append(c.connect, at)
	if len(c.connect) == c.expected {
		close(c.ready)
	}
}
