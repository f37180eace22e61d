package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"evenkeel.dev/bench/fanout/internal/control"
	"evenkeel.dev/bench/fanout/internal/xds"
)

// bench is one server under test with its clients.
type bench struct {
	plan      *Plan
	server    Server
	control   changer
	collector *collector
	fleet     fleet
	sessions  []*session
	// generations is the last change of each service.
	generations []int
	result      *ServerResult
	// inspect, when set, is shown every resource.
	inspect func(t xds.Type, resource []byte)
}

func newBench(plan *Plan, server Server) (*bench, error) {
	var channel changer
	var err error
	if server.File == "" {
		channel, err = control.Dial(server.Control)
	} else {
		channel = &fileChanger{path: server.File, endpoints: plan.Endpoints, generations: make([]int, plan.Services)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", server.Name, err)
	}
	b := &bench{
		plan: plan, server: server, control: channel, generations: make([]int, plan.Services),
		result: &ServerResult{Name: server.Name},
	}
	b.result.Memory.IdleKiB, err = residentKiB(server.Pid)
	return b, err
}

// connect brings up all clients and waits until each has its first full state.
func (b *bench) connect() (*Turn, error) {
	collectGarbage()
	b.collector = newCollector(b.plan.Clients)
	b.collector.inspect = b.inspect
	f, err := newFleet(b.plan, b.server.XDS, b.collector)
	if err != nil {
		return nil, err
	}
	b.fleet = f
	b.sessions = b.sessions[:0]
	for client := range b.plan.Clients {
		b.sessions = append(b.sessions, newSession(client, subscriptionsOf(client, b.plan), b.collector))
		if b.plan.OneNode {
			b.sessions[client].node = "client-0"
		}
	}
	turn := &Turn{}
	var started int64
	turn.Cost, err = b.measure(func() error {
		started = now()
		if err := f.start(b.sessions); err != nil {
			return err
		}
		return b.await(b.collector.ready, "first full state")
	})
	if err != nil {
		return nil, err
	}
	connected := make([]int64, 0, len(b.sessions))
	for _, at := range b.collector.connect {
		connected = append(connected, at-started)
	}
	turn.spread(connected)
	return turn, nil
}

// connectAndWeigh brings up all clients and puts down what that took, and the memory of the server then.
func (b *bench) connectAndWeigh() error {
	var err error
	if b.result.Connect, err = b.connect(); err != nil {
		return err
	}
	b.result.Memory.ConnectedKiB, err = residentKiB(b.server.Pid)
	return err
}

func (b *bench) disconnect() {
	b.fleet.close()
	b.settle()
}

func (b *bench) settle() { time.Sleep(time.Duration(b.plan.SettleMs) * time.Millisecond) }

// await waits for what, fails when a client failed or the time is up.
func (b *bench) await(what <-chan struct{}, name string) error {
	select {
	case <-what:
		return nil
	case err := <-b.collector.failed:
		return fmt.Errorf("%s: %w", b.server.Name, err)
	case <-time.After(time.Duration(b.plan.TimeoutMs) * time.Millisecond):
		return fmt.Errorf("%s: no %s within %d ms", b.server.Name, name, b.plan.TimeoutMs)
	}
}

// measure runs a turn, lets the server settle and returns what both took.
func (b *bench) measure(run func() error) (Cost, error) {
	responses, messages, wire := b.counts()
	server, err := cpuTime(b.server.Pid)
	if err != nil {
		return Cost{}, err
	}
	driver, err := cpuTime(os.Getpid())
	if err != nil {
		return Cost{}, err
	}
	if err := run(); err != nil {
		return Cost{}, err
	}
	driverEnd, err := cpuTime(os.Getpid())
	if err != nil {
		return Cost{}, err
	}
	b.settle()
	serverEnd, err := cpuTime(b.server.Pid)
	if err != nil {
		return Cost{}, err
	}
	responsesEnd, messagesEnd, wireEnd := b.counts()
	return Cost{
		CPUMs: ms(serverEnd - server), DriverCPUMs: ms(driverEnd - driver),
		Responses: responsesEnd - responses, MessageBytes: messagesEnd - messages, WireBytes: wireEnd - wire,
	}, nil
}

func (b *bench) counts() (responses, messageBytes, wireBytes int64) {
	c := b.collector
	return c.responses.Load(), c.messageBytes.Load(), c.wireBytes.Load()
}

// garbageLimit is how much the driver's heap may grow before it is collected, always between two turns: a collection
// within one would be measured as the server's.
const garbageLimit = 512 << 20

var heapAfterCollection uint64

func collectGarbage() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if stats.HeapAlloc < heapAfterCollection+garbageLimit {
		return
	}
	runtime.GC()
	runtime.ReadMemStats(&stats)
	heapAfterCollection = stats.HeapAlloc
}
