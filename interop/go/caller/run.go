package main

import (
	"math"
	"sync"
	"syscall"
	"time"
)

const (
	// As of the Node client (src/probe/load/open-loop.ts), so that figures can be compared: what is released so late counts
	// as on time, and so many calls may be in flight.
	resolution  = 2 * time.Millisecond
	maxInFlight = 1000
	// flushEvery is how late records are sent at most.
	flushEvery = 20 * time.Millisecond
)

type runOrder struct {
	Run           string   `json:"run"`
	RatePerSecond float64  `json:"ratePerSecond"`
	DeadlineMs    float64  `json:"deadlineMs"`
	Calls         *int     `json:"calls"`
	UntilAnswered []string `json:"untilAnswered"`
	WithinMs      *float64 `json:"withinMs"`
}

type callRecord struct {
	DueAt   float64 `json:"dueAt"`
	SentAt  float64 `json:"sentAt"`
	EndedAt float64 `json:"endedAt"`
	outcome
}

type runEnd struct {
	Run         string    `json:"run"`
	Calls       int       `json:"calls"`
	Connections int       `json:"connections"`
	Opened      []float64 `json:"opened"`
	CPUMs       float64   `json:"cpuMs"`
}

// run is one series of calls at a constant rate, whatever the answers do (open loop).
type run struct {
	order   runOrder
	client  *caller
	out     *output
	over    chan struct{}
	endOnce sync.Once

	mu         sync.Mutex
	batch      []callRecord
	peers      map[string]bool
	waitingFor map[string]bool
}

func newRun(given runOrder, client *caller, out *output) *run {
	r := &run{order: given, client: client, out: out, over: make(chan struct{}), peers: map[string]bool{}}
	if given.UntilAnswered != nil {
		r.waitingFor = map[string]bool{}
		for _, pod := range given.UntilAnswered {
			r.waitingFor[pod] = true
		}
	}
	return r
}

// stop releases no more calls; those in flight are waited for.
func (r *run) stop() {
	r.endOnce.Do(func() { close(r.over) })
}

func (r *run) make() {
	startedAt, cpuBefore := timeStamp(), cpuMs()
	flushing := time.NewTicker(flushEvery)
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-flushing.C:
				r.flush()
			case <-ended:
				return
			}
		}
	}()
	made := r.release()
	flushing.Stop()
	close(ended)
	r.flush()
	count, opened := r.client.connections.during(r.peers, startedAt)
	r.out.send(message{Type: "ended", End: &runEnd{r.order.Run, made, count, opened, cpuMs() - cpuBefore}})
}

// release makes the calls when they are due and answers how many there were once all have ended.
func (r *run) release() int {
	begin := time.Now()
	calls, within := math.MaxInt, time.Duration(math.MaxInt64)
	if r.order.Calls != nil {
		calls = *r.order.Calls
	}
	if r.order.WithinMs != nil {
		within = milliseconds(*r.order.WithinMs)
	}
	inFlight := make(chan struct{}, maxInFlight)
	var all sync.WaitGroup
	defer all.Wait()
	for released := 0; ; released++ {
		after := time.Duration(float64(released) * float64(time.Second) / r.order.RatePerSecond)
		if released >= calls || after > within || !r.await(begin.Add(after), inFlight) {
			return released
		}
		due := begin.Add(after)
		if late := time.Since(due); late > 0 {
			due = due.Add(min(late, resolution))
		}
		all.Go(func() {
			r.one(due)
			<-inFlight
		})
	}
}

// await returns false where the run is over before a call may be released.
func (r *run) await(due time.Time, inFlight chan<- struct{}) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.over:
		return false
	}
	select {
	case <-r.over:
		return false
	default:
	}
	select {
	case inFlight <- struct{}{}:
		return true
	case <-r.over:
		return false
	}
}

func (r *run) one(due time.Time) {
	sentAt := timeStamp()
	seen := r.client.call(r.order.Run, milliseconds(r.order.DeadlineMs))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batch = append(r.batch, callRecord{stampOf(due), sentAt, timeStamp(), seen})
	if seen.Status != "OK" {
		return
	}
	if seen.Peer != "" {
		r.peers[seen.Peer] = true
	}
	if r.waitingFor == nil {
		return
	}
	delete(r.waitingFor, seen.Pod)
	// Who answers without a name will never be the one that is waited for.
	if seen.Pod == "" || len(r.waitingFor) == 0 {
		r.stop()
	}
}

func (r *run) flush() {
	r.mu.Lock()
	batch := r.batch
	r.batch = nil
	r.mu.Unlock()
	if len(batch) > 0 {
		r.out.send(message{Type: "calls", Calls: batch})
	}
}

// cpuMs is the processor time that this process has taken.
func cpuMs() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}
