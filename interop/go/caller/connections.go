package main

import (
	"context"
	"net"
	"sync"
)

type connection struct {
	peer     string
	openedAt float64
	closedAt float64 // 0: it is open
}

// connectionLog notes every TCP connection that the channel opens, also those that came and went between two looks.
type connectionLog struct {
	mu  sync.Mutex
	all []*connection
}

func (l *connectionLog) dial(ctx context.Context, address string) (net.Conn, error) {
	socket, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	entry := &connection{peer: socket.RemoteAddr().String(), openedAt: timeStamp()}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, entry)
	return &loggedConn{Conn: socket, closed: sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		entry.closedAt = timeStamp()
	})}, nil
}

type loggedConn struct {
	net.Conn
	closed func()
}

func (c *loggedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// during tells how many connections to these peers were open at some time from `from` until now, and when those of them
// were opened that were opened since. What was closed before is forgotten, so that memory is bounded by one run.
func (l *connectionLog) during(peers map[string]bool, from float64) (count int, opened []float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	opened = []float64{}
	kept := l.all[:0]
	for _, one := range l.all {
		if one.closedAt != 0 && one.closedAt < from {
			continue
		}
		kept = append(kept, one)
		if !peers[one.peer] {
			continue
		}
		count++
		if one.openedAt >= from {
			opened = append(opened, one.openedAt)
		}
	}
	l.all = kept
	return count, opened
}
