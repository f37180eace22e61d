package main

import (
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"evenkeel.dev/bench/fanout/internal/h2"
	"evenkeel.dev/bench/fanout/internal/xds"
)

// leanFleet has all clients in one epoll loop: the same bytes as grpc-go's clients, without their goroutines.
type leanFleet struct {
	address   netip.AddrPort
	plan      *Plan
	collector *collector
	epoll     int
	wake      int
	conns     map[int]*leanConn
	stopped   chan struct{}
}

func newLeanFleet(address string, plan *Plan, collector *collector) (*leanFleet, error) {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return &leanFleet{
		address: parsed, plan: plan, collector: collector, conns: map[int]*leanConn{}, stopped: make(chan struct{}),
	}, nil
}

func (f *leanFleet) start(sessions []*session) (err error) {
	if f.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if f.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return err
	}
	if err := f.watch(f.wake, unix.EPOLLIN); err != nil {
		return err
	}
	headers := h2.HeaderBlock(
		":method", "POST", ":scheme", "http", ":path", xds.Method, ":authority", f.address.String(),
		"content-type", "application/grpc", "user-agent", "evenkeel-bench", "te", "trailers",
	)
	connection := 0
	for own := range slices.Chunk(sessions, max(1, f.plan.StreamsPerConnection)) {
		fd, err := f.connect(connection)
		if err != nil {
			return fmt.Errorf("client %d: connect: %w", own[0].id, err)
		}
		connection++
		conn, err := newLeanConn(fd, own, headers)
		if err != nil {
			return err
		}
		f.conns[fd] = conn
		if err := f.watch(fd, unix.EPOLLIN|unix.EPOLLOUT); err != nil {
			return err
		}
	}
	go f.loop()
	return nil
}

func (f *leanFleet) connect(connection int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return 0, err
	}
	if f.plan.OwnAddresses {
		// The port is chosen when it connects, so that every address has all of them.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return 0, err
		}
		own := [4]byte{127, byte(64 + connection>>16), byte(connection >> 8), byte(connection)}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: own}); err != nil {
			return 0, err
		}
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(f.address.Port()), Addr: f.address.Addr().As4()})
	if err == unix.EINPROGRESS {
		err = nil
	}
	return fd, err
}

func (f *leanFleet) watch(fd int, events uint32) error {
	return unix.EpollCtl(f.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events | unix.EPOLLET, Fd: int32(fd)})
}

// loop reads whatever can be read before it writes anything. Real clients have a CPU each: the acknowledgement of one
// must not delay the receipt of the next. While the server is busy with the next response there is time to write.
func (f *leanFleet) loop() {
	defer close(f.stopped)
	events := make([]unix.EpollEvent, 256)
	buffer := make([]byte, 1<<20)
	var unwritten []*leanConn
	for {
		timeout := -1
		if len(unwritten) > 0 {
			timeout = 0
		}
		n, err := unix.EpollWait(f.epoll, events, timeout)
		if err != nil && err != unix.EINTR {
			f.collector.fail(err)
			return
		}
		for _, event := range events[:max(n, 0)] {
			if int(event.Fd) == f.wake {
				return
			}
			conn := f.conns[int(event.Fd)]
			if err := f.handle(conn, event.Events, buffer); err != nil {
				f.collector.fail(err)
				return
			}
			if conn.hasOutput() {
				unwritten = append(unwritten, conn)
			}
		}
		if n <= 0 && len(unwritten) > 0 {
			conn := unwritten[0]
			unwritten = unwritten[1:]
			if err := conn.flush(); err != nil {
				f.collector.fail(err)
				return
			}
		}
	}
}

func (f *leanFleet) handle(conn *leanConn, events uint32, buffer []byte) error {
	if events&unix.EPOLLOUT != 0 {
		conn.writable = true
	}
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return nil
	}
	// Edge-triggered: a read that does not fill the buffer has emptied the socket.
	for {
		n, err := unix.Read(conn.fd, buffer)
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return fmt.Errorf("client %d: read: %w", conn.first(), err)
		}
		if n == 0 {
			return fmt.Errorf("client %d: the server closed the connection", conn.first())
		}
		f.collector.wireBytes.Add(int64(n))
		if err := conn.read(buffer[:n], now()); err != nil {
			return err
		}
		if n < len(buffer) {
			return nil
		}
	}
}

func (f *leanFleet) close() {
	one := [8]byte{1}
	if _, err := unix.Write(f.wake, one[:]); err == nil {
		<-f.stopped
	}
	for fd := range f.conns {
		unix.Close(fd)
	}
	unix.Close(f.wake)
	unix.Close(f.epoll)
}
