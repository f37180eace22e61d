package main

import (
	"encoding/binary"
	"io"
	"log"
	"net"
	"sync"

	"golang.org/x/net/http2"

	"evenkeel.dev/bench/fanout/internal/h2"
	"evenkeel.dev/bench/fanout/internal/shape"
	"evenkeel.dev/bench/fanout/internal/xds"
)

// subscribers are the connections that get the changes of each service.
type subscribers struct {
	mu        sync.Mutex
	byService []map[net.Conn]struct{}
}

func newSubscribers(services int) *subscribers {
	s := &subscribers{byService: make([]map[net.Conn]struct{}, services)}
	for i := range s.byService {
		s.byService[i] = map[net.Conn]struct{}{}
	}
	return s
}

func (s *subscribers) add(service int, conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byService[service][conn] = struct{}{}
}

func (s *subscribers) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conns := range s.byService {
		delete(conns, conn)
	}
}

// send writes the same bytes to every subscriber, one after the other.
func (s *subscribers) send(service int, frames []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.byService[service] {
		if _, err := conn.Write(frames); err != nil {
			return err
		}
	}
	return nil
}

// client is one connection with its one stream.
type client struct {
	net.Conn
	prepared    *prepared
	subscribers *subscribers
	// message is the beginning of a gRPC message, reply what is to be written next.
	message []byte
	reply   []byte
}

var responseHeaders = h2.HeaderBlock(":status", "200", "content-type", "application/grpc")

// serve reads until the connection ends; a connection that is no gRPC stream is closed.
func (c *client) serve() {
	defer c.Close()
	defer c.subscribers.remove(c)
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	c.reply = h2.AppendSettings(nil)
	var buffered []byte
	chunk := make([]byte, 4096)
	for {
		if _, err := c.Write(c.reply); err != nil {
			return
		}
		c.reply = c.reply[:0]
		n, err := c.Read(chunk)
		if err != nil {
			return
		}
		buffered = append(buffered, chunk[:n]...)
		for {
			frame, rest, ok := h2.Next(buffered)
			if !ok {
				break
			}
			buffered = rest
			if err := c.frame(&frame); err != nil {
				log.Print(err)
				return
			}
		}
	}
}

func (c *client) frame(frame *h2.Frame) error {
	switch frame.Type {
	case http2.FrameSettings:
		if !frame.Flags.Has(http2.FlagSettingsAck) {
			c.reply = h2.AppendFrame(c.reply, http2.FrameSettings, http2.FlagSettingsAck, 0, nil)
		}
	case http2.FramePing:
		if !frame.Flags.Has(http2.FlagPingAck) {
			c.reply = h2.AppendFrame(c.reply, http2.FramePing, http2.FlagPingAck, 0, frame.Payload)
		}
	case http2.FrameHeaders:
		c.reply = h2.AppendFrame(c.reply, http2.FrameHeaders, http2.FlagHeadersEndHeaders, h2.StreamID, responseHeaders)
	case http2.FrameData:
		c.message = append(c.message, frame.Data()...)
		return c.requests()
	}
	return nil
}

// requests answers the first request of every type and ignores acknowledgements.
func (c *client) requests() error {
	for len(c.message) >= h2.MessagePrefixLength {
		end := h2.MessagePrefixLength + int(binary.BigEndian.Uint32(c.message[1:]))
		if len(c.message) < end {
			return nil
		}
		request, err := xds.ParseRequest(c.message[h2.MessagePrefixLength:end])
		if err != nil {
			return err
		}
		c.message = c.message[end:]
		if request.Nonce != "" {
			continue
		}
		for _, name := range request.Names {
			service, err := shape.ServiceOf([]byte(name))
			if err != nil {
				return err
			}
			if request.Type == xds.Endpoint {
				c.subscribers.add(service, c)
			}
			c.reply = append(c.reply, c.prepared.get(request.Type, service)...)
		}
	}
	return nil
}
