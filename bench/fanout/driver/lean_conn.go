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

// leanConn is one client's connection: HTTP/2 with one gRPC stream, on a socket that never blocks.
type leanConn struct {
	fd       int
	session  *session
	writable bool
	// partial is the beginning of a frame, message the beginning of a gRPC message with its prefix.
	partial []byte
	message []byte
	// out has not been written yet; waiting are requests that the server's windows do not admit yet.
	out     []byte
	waiting [][]byte
	windows h2.SendWindows
	// consumed counts bytes since the windows were last opened.
	consumed int
}

// preface is what every connection sends first; it needs no per-client state.
func preface(authority, path string) []byte {
	opening := h2.AppendSettings([]byte(http2.ClientPreface))
	headers := h2.HeaderBlock(
		":method", "POST", ":scheme", "http", ":path", path, ":authority", authority,
		"content-type", "application/grpc", "user-agent", "evenkeel-bench", "te", "trailers",
	)
	return h2.AppendFrame(opening, http2.FrameHeaders, http2.FlagHeadersEndHeaders, h2.StreamID, headers)
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
		c.consume(len(frame.Payload))
		if err := c.data(frame.Data(), at); err != nil {
			return err
		}
		if frame.Flags.Has(http2.FlagDataEndStream) {
			return fmt.Errorf("client %d: the server ended the stream", c.session.id)
		}
	case http2.FrameHeaders:
		if frame.Flags.Has(http2.FlagHeadersEndStream) {
			return fmt.Errorf("client %d: the stream ended: %s", c.session.id, h2.DescribeHeaders(frame.Payload))
		}
	case http2.FrameSettings:
		if frame.Flags.Has(http2.FlagSettingsAck) {
			return nil
		}
		c.windows.Receive(frame)
		c.out = h2.AppendFrame(c.out, http2.FrameSettings, http2.FlagSettingsAck, 0, nil)
		c.admit()
	case http2.FrameWindowUpdate:
		c.windows.Receive(frame)
		c.admit()
	case http2.FramePing:
		if !frame.Flags.Has(http2.FlagPingAck) {
			c.out = h2.AppendFrame(c.out, http2.FramePing, http2.FlagPingAck, 0, frame.Payload)
		}
	case http2.FrameRSTStream, http2.FrameGoAway:
		return fmt.Errorf("client %d: the server sent %v %x", c.session.id, frame.Type, frame.Payload)
	}
	return nil
}

// consume opens the receive windows again, which start so large that it hardly ever happens.
func (c *leanConn) consume(n int) {
	c.consumed += n
	if c.consumed < h2.MaxWindow/2 {
		return
	}
	c.out = h2.AppendWindowUpdate(c.out, 0, uint32(c.consumed))
	c.out = h2.AppendWindowUpdate(c.out, h2.StreamID, uint32(c.consumed))
	c.consumed = 0
}

func (c *leanConn) data(chunk []byte, at int64) error {
	if len(c.message) > 0 {
		c.message = append(c.message, chunk...)
		chunk = c.message
	}
	for len(chunk) >= h2.MessagePrefixLength {
		length := int(binary.BigEndian.Uint32(chunk[1:]))
		if chunk[0] != 0 || length > maxMessage {
			return fmt.Errorf("client %d: a message of %d bytes, compressed %d", c.session.id, length, chunk[0])
		}
		end := h2.MessagePrefixLength + length
		if len(chunk) < end {
			break
		}
		if err := c.session.receive(chunk[h2.MessagePrefixLength:end], at, c.send); err != nil {
			return err
		}
		chunk = chunk[end:]
	}
	c.message = append(c.message[:0], chunk...)
	return nil
}

// send queues a request until the server's windows admit it.
func (c *leanConn) send(request []byte) error {
	c.waiting = append(c.waiting, request)
	c.admit()
	return nil
}

func (c *leanConn) admit() {
	for len(c.waiting) > 0 && c.windows.Take(h2.MessagePrefixLength+len(c.waiting[0])) {
		c.out = h2.AppendMessage(c.out, c.waiting[0])
		c.waiting = c.waiting[1:]
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
			return fmt.Errorf("client %d: write: %w", c.session.id, err)
		}
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	return nil
}
