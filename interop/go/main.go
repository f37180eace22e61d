// Command client is grpc-go under test: it makes the calls that it is told to on standard input and says on standard
// output who answered. The protocol is described in interop/README.md and is the same for every language.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/xds/csds"

	statuspb "github.com/envoyproxy/go-control-plane/envoy/service/status/v3"
	_ "google.golang.org/grpc/xds"
)

const (
	defaultDeadline = time.Second
	tallyInterval   = 100 * time.Millisecond
)

type command struct {
	ID            int      `json:"id"`
	Cmd           string   `json:"cmd"`
	Targets       []string `json:"targets"`
	Count         int      `json:"count"`
	RatePerSecond int      `json:"ratePerSecond"`
	Run           string   `json:"run"`
	WaitForReady  bool     `json:"waitForReady"`
	DeadlineMs    int      `json:"deadlineMs"`
}

type event struct {
	ID       int                       `json:"id,omitempty"`
	Event    string                    `json:"event"`
	Client   string                    `json:"client,omitempty"`
	Csds     string                    `json:"csds,omitempty"`
	Message  string                    `json:"message,omitempty"`
	Backends map[string]map[string]int `json:"backends,omitempty"`
	Failures map[string]int            `json:"failures,omitempty"`
}

type client struct {
	echo     *echo
	options  []grpc.DialOption
	mu       sync.Mutex
	channels map[string]*grpc.ClientConn
	loads    map[int]chan struct{}
	output   *json.Encoder
}

func (c *client) emit(e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.output.Encode(e); err != nil {
		os.Exit(1)
	}
}

// channel opens one channel a target and keeps it, as a long-lived service would.
func (c *client) channel(target string) (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if channel := c.channels[target]; channel != nil {
		return channel, nil
	}
	channel, err := dial(target, c.options...)
	if err == nil {
		c.channels[target] = channel
	}
	return channel, err
}

func (c *client) callOnce(target string, cmd command, counts *tally) {
	channel, err := c.channel(target)
	if err != nil {
		counts.failed(target, err)
		return
	}
	deadline := defaultDeadline
	if cmd.DeadlineMs > 0 {
		deadline = time.Duration(cmd.DeadlineMs) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "evenkeel-run", cmd.Run), deadline)
	defer cancel()
	backend, err := c.echo.sayHello(ctx, channel, grpc.WaitForReady(cmd.WaitForReady))
	if err != nil {
		counts.failed(target, err)
		return
	}
	counts.answered(target, backend)
}

// calls makes count calls to each target, one after the other.
func (c *client) calls(cmd command) {
	counts := newTally()
	for range cmd.Count {
		for _, target := range cmd.Targets {
			c.callOnce(target, cmd, counts)
		}
	}
	c.emit(counts.event(cmd.ID, "done"))
}

// load calls at a constant rate, however long the answers take, the targets in turn, until stopped.
func (c *client) load(cmd command, stop <-chan struct{}) {
	counts := newTally()
	pace := time.NewTicker(time.Second / time.Duration(cmd.RatePerSecond))
	defer pace.Stop()
	report := time.NewTicker(tallyInterval)
	defer report.Stop()
	var inFlight sync.WaitGroup
	for next := 0; ; {
		select {
		case <-pace.C:
			target := cmd.Targets[next%len(cmd.Targets)]
			next++
			inFlight.Go(func() { c.callOnce(target, cmd, counts) })
		case <-report.C:
			c.emit(counts.event(cmd.ID, "tally"))
		case <-stop:
			inFlight.Wait()
			c.emit(counts.event(cmd.ID, "done"))
			return
		}
	}
}

func (c *client) handle(cmd command) {
	switch cmd.Cmd {
	case "connect":
		for _, target := range cmd.Targets {
			channel, err := c.channel(target)
			if err != nil {
				c.emit(event{ID: cmd.ID, Event: "error", Message: err.Error()})
				return
			}
			channel.Connect()
		}
		c.emit(event{ID: cmd.ID, Event: "done"})
	case "call":
		go c.calls(cmd)
	case "load":
		stop := make(chan struct{})
		c.loads[cmd.ID] = stop
		go c.load(cmd, stop)
	case "stop":
		if stop := c.loads[cmd.ID]; stop != nil {
			delete(c.loads, cmd.ID)
			close(stop)
		}
	case "quit":
		os.Exit(0)
	default:
		c.emit(event{ID: cmd.ID, Event: "error", Message: "unknown command " + cmd.Cmd})
	}
}

// serveStatus offers the client's own view of its xDS resources (CSDS) on a loopback port.
func serveStatus() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	status, err := csds.NewClientStatusDiscoveryServer()
	if err != nil {
		return "", err
	}
	server := grpc.NewServer()
	statuspb.RegisterClientStatusDiscoveryServiceServer(server, status)
	go func() {
		if err := server.Serve(listener); err != nil {
			fail(err)
		}
	}()
	return listener.Addr().String(), nil
}

// channelOptions says how every channel is opened. INTEROP_KEEPALIVE_MS, where set, is the time without a byte after
// which a connection is asked whether it lives; it has half of that to answer. With INTEROP_RETRIES retries are on.
func channelOptions() ([]grpc.DialOption, error) {
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if os.Getenv("INTEROP_RETRIES") == "" {
		options = append(options, grpc.WithDisableRetry())
	}
	text := os.Getenv("INTEROP_KEEPALIVE_MS")
	if text == "" {
		return options, nil
	}
	ms, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("INTEROP_KEEPALIVE_MS: %w", err)
	}
	every := time.Duration(ms) * time.Millisecond
	return append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: every, Timeout: every / 2})), nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(3)
}

func main() {
	echo, err := loadEcho(os.Getenv("INTEROP_ECHO_DESCRIPTORS"))
	if err != nil {
		fail(err)
	}
	csds, err := serveStatus()
	if err != nil {
		fail(err)
	}
	options, err := channelOptions()
	if err != nil {
		fail(err)
	}
	c := &client{
		echo:     echo,
		options:  options,
		channels: map[string]*grpc.ClientConn{},
		loads:    map[int]chan struct{}{},
		output:   json.NewEncoder(os.Stdout),
	}
	c.emit(event{Event: "ready", Client: "grpc-go " + grpc.Version, Csds: csds})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var cmd command
		if err := json.Unmarshal(lines.Bytes(), &cmd); err != nil {
			fail(err)
		}
		c.handle(cmd)
	}
}
