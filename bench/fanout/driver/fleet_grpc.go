package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	"evenkeel.dev/bench/fanout/internal/xds"
)

// grpcFleet has a grpc-go channel a client, with grpc-go's own defaults but for the codec.
type grpcFleet struct {
	address   string
	collector *collector
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

func newGrpcFleet(address string, collector *collector) *grpcFleet {
	return &grpcFleet{address: address, collector: collector}
}

func (f *grpcFleet) start(sessions []*session) error {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	for _, s := range sessions {
		f.running.Go(func() {
			if err := f.run(ctx, s); err != nil && ctx.Err() == nil {
				f.collector.fail(fmt.Errorf("client %d: %w", s.id, err))
			}
		})
	}
	return nil
}

func (f *grpcFleet) run(ctx context.Context, s *session) error {
	channel, err := grpc.NewClient("passthrough:///"+f.address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(f.dial),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(rawCodec{})),
	)
	if err != nil {
		return err
	}
	defer channel.Close()
	stream, err := channel.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, xds.Method)
	if err != nil {
		return err
	}
	send := func(request []byte) error { return stream.SendMsg(request) }
	if err := send(s.start()); err != nil {
		return err
	}
	for {
		var message mem.Buffer
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		err := s.receive(message.ReadOnlyData(), now(), send)
		message.Free()
		if err != nil {
			return err
		}
	}
}

func (f *grpcFleet) dial(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &countingConn{conn, f.collector}, nil
}

func (f *grpcFleet) close() {
	f.cancel()
	f.running.Wait()
}

type countingConn struct {
	net.Conn
	collector *collector
}

func (c *countingConn) Read(buffer []byte) (int, error) {
	n, err := c.Conn.Read(buffer)
	c.collector.wireBytes.Add(int64(n))
	return n, err
}

// rawCodec passes messages through as bytes.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(value any) (mem.BufferSlice, error) {
	message, ok := value.([]byte)
	if !ok {
		return nil, errors.New("only bytes can be sent")
	}
	return mem.BufferSlice{mem.SliceBuffer(message)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, value any) error {
	message, ok := value.(*mem.Buffer)
	if !ok {
		return errors.New("only into a buffer can be received")
	}
	*message = data.MaterializeToBuffer(mem.DefaultBufferPool())
	return nil
}
