// The null server: sends prepared bytes and does nothing else, so that what is measured against it is the driver's own
// floor and the kernel's. It is no xDS server: one resource a response, every nonce the same.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"

	"evenkeel.dev/bench/fanout/internal/control"
	"evenkeel.dev/bench/fanout/internal/shape"
	"evenkeel.dev/bench/fanout/internal/xds"
)

func main() {
	services := flag.Int("services", 1, "services to serve")
	endpoints := flag.Int("endpoints", 100, "endpoints of each service")
	flag.BoolVar(&shape.PodLocalities, "pod-localities", false, "every endpoint in a locality of its own")
	flag.Parse()
	if err := run(*services, *endpoints); err != nil {
		log.Fatal(err)
	}
}

func run(services, endpoints int) error {
	prepared, err := prepare(services, endpoints)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	subscribers := newSubscribers(services)
	failed := make(chan error, 2)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				failed <- err
				return
			}
			go (&client{Conn: conn, prepared: prepared, subscribers: subscribers}).serve()
		}
	}()
	go func() {
		failed <- control.Serve(listener.Addr(), func(change control.Change) error {
			if change.Service >= services {
				return fmt.Errorf("no service %d", change.Service)
			}
			frames, err := frames(xds.Endpoint, change.Service, endpoints, change.Generation)
			if err != nil {
				return err
			}
			prepared.set(xds.Endpoint, change.Service, frames)
			return subscribers.send(change.Service, frames)
		})
	}()
	return <-failed
}
