package main

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"evenkeel.dev/bench/fanout/internal/h2"
	"evenkeel.dev/bench/fanout/internal/xds"
)

// leanFleet has all clients in one epoll loop: the same bytes as grpc-go's clients, without their goroutines.
type leanFleet struct {
	address   netip.AddrPort
	collector *collector
	epoll     int
	wake      int
	conns     map[int]*leanConn
	stopped   chan struct{}
}

func newLeanFleet(address string, collector *collector) (*leanFleet, error) {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return &leanFleet{address: parsed, collector: collector, conns: map[int]*leanConn{}, stopped: make(chan struct{})}, nil
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
	opening := preface(f.address.String(), xds.Method)
	for _, s := range sessions {
		fd, err := f.connect()
		if err != nil {
			return fmt.Errorf("client %d: connect: %w", s.id, err)
		}
		conn := &leanConn{fd: fd, session: s, out: append([]byte(nil), opening...)}
		conn.windows = h2.NewSendWindows()
		if err := conn.send(s.start()); err != nil {
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

func (f *leanFleet) connect() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return 0, err
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
			return fmt.Errorf("client %d: read: %w", conn.session.id, err)
		}
		if n == 0 {
			return fmt.Errorf("client %d: the server closed the connection", conn.session.id)
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
