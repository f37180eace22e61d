// Package control is the channel by which the driver tells a server under test to make a change: JSON lines over
// loopback TCP, one answer a command.
package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// Change moves the first endpoint of a service to the port of a generation (see package shape).
type Change struct {
	Service    int `json:"service"`
	Generation int `json:"generation"`
}

type answer struct {
	Error string `json:"error,omitempty"`
}

// Ready is the one line that a server prints on standard output once it listens.
type Ready struct {
	XDS     string `json:"xds"`
	Control string `json:"control"`
}

// Serve announces the server's addresses and then applies changes until the listener fails.
func Serve(xds net.Addr, apply func(Change) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(Ready{xds.String(), listener.Addr().String()}); err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go serveConn(conn, apply)
	}
}

func serveConn(conn net.Conn, apply func(Change) error) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var change Change
		err := json.Unmarshal(lines.Bytes(), &change)
		if err == nil {
			err = apply(change)
		}
		var reply answer
		if err != nil {
			reply.Error = err.Error()
		}
		if json.NewEncoder(conn).Encode(reply) != nil {
			return
		}
	}
}

// Client is the driver's end of the channel.
type Client struct {
	conn     net.Conn
	mu       sync.Mutex
	answered *sync.Cond
	pending  int
	err      error
}

// Dial connects to a server's control address.
func Dial(address string) (*Client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	client := &Client{conn: conn}
	client.answered = sync.NewCond(&client.mu)
	go client.read()
	return client, nil
}

func (c *Client) read() {
	lines := bufio.NewScanner(c.conn)
	for lines.Scan() {
		var reply answer
		err := json.Unmarshal(lines.Bytes(), &reply)
		if err == nil && reply.Error != "" {
			err = errors.New(reply.Error)
		}
		c.settle(err, 1)
	}
	c.mu.Lock()
	unanswered := c.pending
	c.mu.Unlock()
	if unanswered > 0 {
		c.settle(fmt.Errorf("the control channel closed with %d commands unanswered", unanswered), unanswered)
	}
}

func (c *Client) settle(err error, answers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending -= answers
	if c.err == nil {
		c.err = err
	}
	c.answered.Broadcast()
}

// Send sends a change without waiting for its answer.
func (c *Client) Send(change Change) error {
	line, err := json.Marshal(change)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.pending++
	c.mu.Unlock()
	_, err = c.conn.Write(append(line, '\n'))
	return err
}

// Wait waits until every command is answered and returns the first error there was.
func (c *Client) Wait() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.pending > 0 && c.err == nil {
		c.answered.Wait()
	}
	return c.err
}

// Close ends the channel.
func (c *Client) Close() { c.conn.Close() }
