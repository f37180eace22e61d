// The API server: as much of Kubernetes as it takes to list and to watch Services and EndpointSlices. Each change is an event
// of the watch.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"

	"evenkeel.dev/bench/fanout/internal/control"
	"evenkeel.dev/bench/fanout/internal/shape"
)

func main() {
	services := flag.Int("services", 1, "Services that there are")
	endpoints := flag.Int("endpoints", 100, "endpoints of each")
	flag.Parse()
	shape.FromFile = true
	if err := run(*services, *endpoints); err != nil {
		log.Fatal(err)
	}
}

// slices is the state that watches follow.
type slices struct {
	mu          sync.Mutex
	endpoints   int
	version     int
	generations []int
	watches     map[chan []byte]struct{}
}

// maxBehind is how many events a watch may be behind; one that is further behind is ended, as by a real API server.
const maxBehind = 1 << 20

func run(services, endpoints int) error {
	state := &slices{endpoints: endpoints, version: 1, generations: make([]int, services), watches: map[chan []byte]struct{}{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc(shape.ServicePath, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("watch") {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		var all []shape.ServiceObject
		for service := range services {
			all = append(all, shape.ServiceOfAPI(service))
		}
		text, err := shape.ListOf(all, "1")
		answer(w, text, err)
	})
	http.HandleFunc(shape.SlicePath, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("watch") {
			state.watch(w, r)
			return
		}
		text, err := state.list()
		answer(w, text, err)
	})
	failed := make(chan error, 2)
	go func() { failed <- http.Serve(listener, nil) }()
	go func() { failed <- control.Serve(listener.Addr(), state.change) }()
	return <-failed
}

func answer(w http.ResponseWriter, text []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("content-type", "application/json")
	_, _ = w.Write(text)
}

func (s *slices) list() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	version := strconv.Itoa(s.version)
	var all []shape.SliceObject
	for service, generation := range s.generations {
		all = append(all, shape.SliceOf(service, s.endpoints, generation, version))
	}
	return shape.ListOf(all, version)
}

// watch begins with now: what happened between the list and the watch is nothing, as changes wait for servers to be ready.
func (s *slices) watch(w http.ResponseWriter, r *http.Request) {
	events := make(chan []byte, maxBehind)
	s.mu.Lock()
	s.watches[events] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.watches, events)
		s.mu.Unlock()
	}()
	flush := w.(http.Flusher).Flush
	w.Header().Set("content-type", "application/json")
	flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case event, open := <-events:
			if !open {
				return
			}
			if _, err := w.Write(event); err != nil {
				return
			}
			if len(events) == 0 {
				flush()
			}
		}
	}
}

func (s *slices) change(change control.Change) error {
	if change.Service >= len(s.generations) {
		return fmt.Errorf("no service %d", change.Service)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.generations[change.Service] = change.Generation
	object := shape.SliceOf(change.Service, s.endpoints, change.Generation, strconv.Itoa(s.version))
	line, err := json.Marshal(shape.SliceEvent{Type: "MODIFIED", Object: object})
	if err != nil {
		return err
	}
	for events := range s.watches {
		select {
		case events <- append(line, '\n'):
		default:
			close(events)
			delete(s.watches, events)
		}
	}
	return nil
}
