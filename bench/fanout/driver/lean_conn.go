package main

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/http2"
	"golang.org/x/sys/unix"

	"evenkeel.dev/bench/fanout/internal/h2"
)

// maxMessage is the largest response that is taken, gRPC's default.
const maxMessage = 4 << 20

// leanConn is one connection: HTTP/2 with a gRPC stream for each of its clients, on a socket that never blocks.
type leanConn struct {
	fd       int
	streams  []leanStream
	writable bool
	// partial is the beginning of a frame.
	partial []byte
	// out has not been written yet.
	out     []byte
	windows h2.SendWindows
	// consumed counts bytes since the connection's window was last opened.
	consumed int
}

// leanStream is one client.
type leanStream struct {
	id      uint32
	session *session
	// message is the beginning of a gRPC message with its prefix.
	message []byte
	// waiting are requests that the server's windows do not admit yet.
	waiting  [][]byte
	consumed int
}

// newLeanConn has a stream for each of the sessions, which begins with these headers.
func newLeanConn(fd int, sessions []*session, headers []byte) (*leanConn, error) {
	c := &leanConn{fd: fd, windows: h2.NewSendWindows(len(sessions))}
	c.out = h2.AppendSettings([]byte(http2.ClientPreface))
	for index, session := range sessions {
		stream := leanStream{id: h2.StreamIDOf(index), session: session}
		c.out = h2.AppendFrame(c.out, http2.FrameHeaders, http2.FlagHeadersEndHeaders, stream.id, headers)
		c.streams = append(c.streams, stream)
	}
	for index := range c.streams {
		if err := c.send(&c.streams[index], c.streams[index].session.start()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *leanConn) first() int { return c.streams[0].session.id }

// stream finds the stream of a frame, which a server may only send on those that it was asked for.
func (c *leanConn) stream(frame *h2.Frame) (*leanStream, error) {
	if index := h2.IndexOf(frame.Stream); frame.Stream%2 == 1 && index < len(c.streams) {
		return &c.streams[index], nil
	}
	return nil, fmt.Errorf("client %d: %v on stream %d", c.first(), frame.Type, frame.Stream)
}

// read takes what arrived at a time; buffer is reused by the caller.
func (c *leanConn) read(buffer []byte, at int64) error {
	if len(c.partial) > 0 {
		c.partial = append(c.partial, buffer...)
		buffer = c.partial
	}
	for {
		frame, rest, ok := h2.Next(buffer)
		if !ok {
			c.partial = append(c.partial[:0], rest...)
			return nil
		}
		if err := c.frame(&frame, at); err != nil {
			return err
		}
		buffer = rest
	}
}

func (c *leanConn) frame(frame *h2.Frame, at int64) error {
	switch frame.Type {
	case http2.FrameData:
		stream, err := c.stream(frame)
		if err != nil {
			return err
		}
		c.consumed = c.consume(0, c.consumed+len(frame.Payload))
		stream.consumed = c.consume(stream.id, stream.consumed+len(frame.Payload))
		if err := c.data(stream, frame.Data(), at); err != nil {
			return err
		}
		if frame.Flags.Has(http2.FlagDataEndStream) {
			return fmt.Errorf("client %d: the server ended the stream", stream.session.id)
		}
	case http2.FrameHeaders:
		if frame.Flags.Has(http2.FlagHeadersEndStream) {
			return fmt.Errorf("client %d: the stream ended: %s", c.first(), h2.DescribeHeaders(frame.Payload))
		}
	case http2.FrameSettings:
		if frame.Flags.Has(http2.FlagSettingsAck) {
			return nil
		}
		c.windows.Receive(frame)
		c.out = h2.AppendFrame(c.out, http2.FrameSettings, http2.FlagSettingsAck, 0, nil)
		c.admit()
	case http2.FrameWindowUpdate:
		if frame.Stream != 0 {
			if _, err := c.stream(frame); err != nil {
				return err
			}
		}
		c.windows.Receive(frame)
		c.admit()
	case http2.FramePing:
		if !frame.Flags.Has(http2.FlagPingAck) {
			c.out = h2.AppendFrame(c.out, http2.FramePing, http2.FlagPingAck, 0, frame.Payload)
		}
	case http2.FrameRSTStream, http2.FrameGoAway:
		return fmt.Errorf("client %d: the server sent %v %x", c.first(), frame.Type, frame.Payload)
	}
	return nil
}

// consume opens a receive window again, which starts so large that it hardly ever happens; stream 0 is the connection.
func (c *leanConn) consume(stream uint32, consumed int) int {
	if consumed < h2.MaxWindow/2 {
		return consumed
	}
	c.out = h2.AppendWindowUpdate(c.out, stream, uint32(consumed))
	return 0
}

func (c *leanConn) data(stream *leanStream, chunk []byte, at int64) error {
	if len(stream.message) > 0 {
		stream.message = append(stream.message, chunk...)
		chunk = stream.message
	}
	for len(chunk) >= h2.MessagePrefixLength {
		length := int(binary.BigEndian.Uint32(chunk[1:]))
		if chunk[0] != 0 || length > maxMessage {
			return fmt.Errorf("client %d: a message of %d bytes, compressed %d", stream.session.id, length, chunk[0])
		}
		end := h2.MessagePrefixLength + length
		if len(chunk) < end {
			break
		}
		send := func(request []byte) error { return c.send(stream, request) }
		if err := stream.session.receive(chunk[h2.MessagePrefixLength:end], at, send); err != nil {
			return err
		}
		chunk = chunk[end:]
	}
	stream.message = append(stream.message[:0], chunk...)
	return nil
}

// send queues a request until the server's windows admit it.
func (c *leanConn) send(stream *leanStream, request []byte) error {
	stream.waiting = append(stream.waiting, request)
	c.admitOf(stream)
	return nil
}

func (c *leanConn) admit() {
	for index := range c.streams {
		c.admitOf(&c.streams[index])
	}
}

func (c *leanConn) admitOf(stream *leanStream) {
	for len(stream.waiting) > 0 && c.windows.Take(stream.id, h2.MessagePrefixLength+len(stream.waiting[0])) {
		c.out = h2.AppendMessage(c.out, stream.id, stream.waiting[0])
		stream.waiting = stream.waiting[1:]
	}
}

// hasOutput says whether there is something to write to a socket that was writable when last tried.
func (c *leanConn) hasOutput() bool { return c.writable && len(c.out) > 0 }

// flush writes what the socket takes.
func (c *leanConn) flush() error {
	for c.hasOutput() {
		n, err := unix.Write(c.fd, c.out)
		if err == unix.EAGAIN {
			// The next edge says when it is writable again.
			c.writable = false
			return nil
		}
		if err != nil {
			return fmt.Errorf("client %d: write: %w", c.first(), err)
		}
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	return nil
}
