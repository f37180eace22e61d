// Package e2e, as far as its management server goes: `go test -overlay` puts this file in the place of grpc-go's own
// server.go, so that its tests talk to evenkeel. Streams pass through to an evenkeel server, callbacks are called on the way,
// load reports go to grpc-go's own fake server. What tests call is what that file offers them.
package e2e

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	clusterpb "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corepb "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointpb "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerpb "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routepb "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discoverypb "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	lrspb "github.com/envoyproxy/go-control-plane/envoy/service/load_stats/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/internal/testutils/xds/fakeserver"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// controlVariable names the address at which the suite makes servers: one a connection.
const controlVariable = "EVENKEEL_SUITE_CONTROL"

const adsMethod = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"

// ManagementServer is one evenkeel server with a listener of this process in front of it.
type ManagementServer struct {
	Address   string
	LRSServer *fakeserver.Server

	control *control
	nodes   *nodes
	gs      *grpc.Server
	cancel  context.CancelFunc
	stop    sync.Once
	version int
}

// ManagementServerOptions are grpc-go's. AllowResourceSubset makes no difference: evenkeel never withholds what a request
// names because of what it does not name.
type ManagementServerOptions struct {
	Listener                             net.Listener
	SupportLoadReportingService          bool
	AllowResourceSubset                  bool
	ServerFeaturesIgnoreResourceDeletion bool
	OnStreamOpen                         func(context.Context, int64, string) error
	OnStreamClosed                       func(int64, *corepb.Node)
	OnStreamRequest                      func(int64, *discoverypb.DiscoveryRequest) error
	OnStreamResponse                     func(context.Context, int64, *discoverypb.DiscoveryRequest, *discoverypb.DiscoveryResponse)
}

// UpdateOptions is what a node is to be served.
type UpdateOptions struct {
	NodeID         string
	Endpoints      []*endpointpb.ClusterLoadAssignment
	Clusters       []*clusterpb.Cluster
	Routes         []*routepb.RouteConfiguration
	Listeners      []*listenerpb.Listener
	SkipValidation bool
}

// StartManagementServer starts a server without resources; it ends with the test.
func StartManagementServer(t *testing.T, opts ManagementServerOptions) *ManagementServer {
	t.Helper()
	listener := opts.Listener
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", "localhost:0"); err != nil {
			t.Fatal(err)
		}
	}
	control, err := dialControl(t.Name())
	if err != nil {
		t.Fatalf("no evenkeel at $%s: %v", controlVariable, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := &ManagementServer{
		Address: listener.Addr().String(), control: control, nodes: &nodes{gates: map[string]*gate{}},
		gs: grpc.NewServer(), cancel: cancel,
	}
	service := &passThrough{ctx: ctx, to: control.address, opts: opts, nodes: server.nodes}
	discoverypb.RegisterAggregatedDiscoveryServiceServer(server.gs, service)
	if opts.SupportLoadReportingService {
		server.LRSServer = fakeserver.NewServer(server.Address)
		lrspb.RegisterLoadReportingServiceServer(server.gs, server.LRSServer)
	}
	go server.gs.Serve(listener)
	t.Cleanup(server.Stop)
	return server
}

// Update replaces everything that a node is served. What is inconsistent is refused as go-control-plane refuses it.
func (s *ManagementServer) Update(_ context.Context, opts UpdateOptions) error {
	s.version++
	version := strconv.Itoa(s.version)
	byType := map[resource.Type][]types.Resource{
		resource.ListenerType: typed(opts.Listeners),
		resource.RouteType:    typed(opts.Routes),
		resource.ClusterType:  typed(opts.Clusters),
		resource.EndpointType: typed(opts.Endpoints),
	}
	if !opts.SkipValidation {
		snapshot, err := cache.NewSnapshot(version, byType)
		if err == nil {
			err = snapshot.Consistent()
		}
		if err != nil {
			return err
		}
	}
	update := update{Node: opts.NodeID, Version: version, Resources: []packed{}}
	for _, resources := range byType {
		for _, one := range resources {
			var message anypb.Any
			if err := anypb.MarshalFrom(&message, one, proto.MarshalOptions{Deterministic: true}); err != nil {
				return err
			}
			update.Resources = append(update.Resources, packed{message.TypeUrl, message.Value})
		}
	}
	if err := s.control.send(update); err != nil {
		return err
	}
	s.nodes.gate(opts.NodeID).open()
	return nil
}

// Stop ends the server and its streams.
func (s *ManagementServer) Stop() {
	s.stop.Do(func() {
		s.cancel()
		s.gs.Stop()
		s.control.conn.Close()
	})
}

func typed[T types.Resource](messages []T) []types.Resource {
	resources := make([]types.Resource, len(messages))
	for i, message := range messages {
		resources[i] = message
	}
	return resources
}

// passThrough is the service that clients see.
type passThrough struct {
	discoverypb.UnimplementedAggregatedDiscoveryServiceServer
	ctx    context.Context
	to     string
	opts   ManagementServerOptions
	nodes  *nodes
	lastID atomic.Int64
}

// nodes has a gate for each node: as with go-control-plane, nothing is answered before its first Update. A server of ours
// would refuse streams until then; it has no such state for a single node.
type nodes struct {
	mu    sync.Mutex
	gates map[string]*gate
}

type gate struct {
	once   sync.Once
	opened chan struct{}
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (n *nodes) gate(id string) *gate {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gates[id] == nil {
		n.gates[id] = &gate{opened: make(chan struct{})}
	}
	return n.gates[id]
}

// StreamAggregatedResources calls all callbacks from one goroutine, as go-control-plane does: one that waits holds up the
// stream.
func (p *passThrough) StreamAggregatedResources(stream discoverypb.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	id := p.lastID.Add(1)
	var node *corepb.Node
	if closed := p.opts.OnStreamClosed; closed != nil {
		defer func() { closed(id, node) }()
	}
	if opened := p.opts.OnStreamOpen; opened != nil {
		if err := opened(stream.Context(), id, ""); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	upstream, err := openUpstream(ctx, p.to)
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	defer upstream.close()
	requests := receive(ctx, stream.Recv)
	responses := receive(ctx, upstream.recv)
	last := map[string]*discoverypb.DiscoveryRequest{}
	var held [][]byte
	var opened <-chan struct{}
	isOpen := false
	for {
		select {
		case <-p.ctx.Done():
			return status.Error(codes.Unavailable, "the server was stopped")
		case <-ctx.Done():
			return ctx.Err()
		case request := <-requests:
			if request.err != nil {
				return endOf(request.err)
			}
			message, err := proto.Marshal(request.message)
			if err != nil {
				return err
			}
			held = append(held, message)
			if node == nil {
				node = request.message.Node
				opened = p.nodes.gate(node.GetId()).opened
			}
			// Clients say it once. Callbacks of go-control-plane see it in each request, and tests expect that.
			request.message.Node = node
			last[request.message.TypeUrl] = request.message
			if asked := p.opts.OnStreamRequest; asked != nil {
				if err := asked(id, request.message); err != nil {
					return err
				}
			}
		case <-opened:
			opened, isOpen = nil, true
		case response := <-responses:
			if response.err != nil {
				return endOf(response.err)
			}
			if answered := p.opts.OnStreamResponse; answered != nil {
				answered(ctx, id, last[response.message.TypeUrl], response.message)
			}
			if err := stream.Send(response.message); err != nil {
				return err
			}
		}
		for isOpen && len(held) > 0 {
			if err := upstream.send(held[0]); err != nil {
				return status.Error(codes.Unavailable, err.Error())
			}
			held = held[1:]
		}
	}
}

// endOf is nil where there was nothing more to say.
func endOf(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

type received[T any] struct {
	message T
	err     error
}

// receive reads until there is an error, which is the last that is passed on, or nobody listens any more.
func receive[T any](ctx context.Context, next func() (T, error)) <-chan received[T] {
	out := make(chan received[T])
	go func() {
		for {
			message, err := next()
			select {
			case out <- received[T]{message, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// upstream is the stream to evenkeel, over an HTTP/2 client that is not grpc-go's: tests replace balancers and resolvers of
// this process, and count its channels.
type upstream struct {
	conn     net.Conn
	requests *io.PipeWriter
	answer   chan received[*http.Response]
	response *http.Response
}

func openUpstream(ctx context.Context, address string) (*upstream, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	client, err := (&http2.Transport{AllowHTTP: true}).NewClientConn(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	body, requests := io.Pipe()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+adsMethod, body)
	if err != nil {
		conn.Close()
		return nil, err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("Te", "trailers")
	up := &upstream{conn: conn, requests: requests, answer: make(chan received[*http.Response], 1)}
	go func() {
		response, err := client.RoundTrip(request)
		up.answer <- received[*http.Response]{response, err}
	}()
	return up, nil
}

func (u *upstream) send(message []byte) error {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	_, err := u.requests.Write(append(frame, message...))
	return err
}

// recv is called by one goroutine.
func (u *upstream) recv() (*discoverypb.DiscoveryResponse, error) {
	if u.response == nil {
		answer := <-u.answer
		if answer.err != nil {
			return nil, status.Error(codes.Unavailable, answer.err.Error())
		}
		u.response = answer.message
	}
	var head [5]byte
	if _, err := io.ReadFull(u.response.Body, head[:]); err != nil {
		return nil, u.end(err)
	}
	message := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(u.response.Body, message); err != nil {
		return nil, u.end(err)
	}
	var response discoverypb.DiscoveryResponse
	if err := proto.Unmarshal(message, &response); err != nil {
		return nil, err
	}
	return &response, nil
}

// end is the status with which evenkeel ended the stream.
func (u *upstream) end(err error) error {
	fields := u.response.Trailer
	if fields.Get("Grpc-Status") == "" {
		fields = u.response.Header
	}
	code, parseErr := strconv.Atoi(fields.Get("Grpc-Status"))
	if parseErr != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	if code == int(codes.OK) {
		return io.EOF
	}
	return status.Error(codes.Code(code), fields.Get("Grpc-Message"))
}

func (u *upstream) close() {
	u.requests.Close()
	u.conn.Close()
}

type packed struct {
	TypeURL string `json:"typeUrl"`
	Value   []byte `json:"value"`
}

type update struct {
	Node      string   `json:"node"`
	Version   string   `json:"version"`
	Resources []packed `json:"resources"`
}

// control is the connection as long as which an evenkeel server is there.
type control struct {
	conn    net.Conn
	lines   *bufio.Reader
	address string
	mu      sync.Mutex
}

func dialControl(test string) (*control, error) {
	conn, err := net.Dial("tcp", os.Getenv(controlVariable))
	if err != nil {
		return nil, err
	}
	c := &control{conn: conn, lines: bufio.NewReader(conn)}
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	answer, err := c.call(map[string]string{"test": test, "folder": folder})
	c.address = answer.Address
	return c, err
}

type answer struct {
	Address string `json:"address"`
	Error   string `json:"error"`
}

func (c *control) send(message any) error {
	_, err := c.call(message)
	return err
}

func (c *control) call(message any) (answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var reply answer
	if err := json.NewEncoder(c.conn).Encode(message); err != nil {
		return reply, err
	}
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return reply, err
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		return reply, err
	}
	if reply.Error != "" {
		return reply, fmt.Errorf("evenkeel: %s", reply.Error)
	}
	return reply, nil
}
