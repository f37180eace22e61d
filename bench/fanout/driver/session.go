package main

import (
	"bytes"
	"fmt"

	"evenkeel.dev/bench/fanout/internal/shape"
	"evenkeel.dev/bench/fanout/internal/xds"
)

// session is one xDS client's protocol state, without its socket: it subscribes to listeners, then routes, clusters and
// endpoints, each once the response before it arrived, and acknowledges every response, as gRPC clients do.
type session struct {
	id   int
	node string
	// listeners and names are what is asked for: of the first type, and of the others.
	listeners, names []string
	// generations is the last generation seen of each service in services, -1 before the first.
	services    []int
	generations []int
	collector   *collector

	// next is the type whose first response is awaited, seen how many of its resources there were.
	next     xds.Type
	seen     int
	response xds.Response
	// versions and nonces are what the last response of each type had.
	versions [xds.Types]string
	nonces   [xds.Types]string
	// kept are copies of the last assignments by service, where the collector asks for them.
	kept map[int][]byte
}

func newSession(id int, services []int, collector *collector) *session {
	s := &session{id: id, node: fmt.Sprintf("client-%d", id), services: services, generations: make([]int, len(services)), collector: collector}
	for i, service := range services {
		s.names = append(s.names, shape.Name(service))
		s.listeners = append(s.listeners, shape.ListenerName(service))
		s.generations[i] = -1
	}
	return s
}

// start is the first request of the stream.
func (s *session) start() []byte {
	return s.request(xds.Listener, s.node)
}

func (s *session) request(t xds.Type, nodeID string) []byte {
	request := xds.Request{NodeID: nodeID, Type: t, Version: s.versions[t], Nonce: s.nonces[t], Names: s.names}
	if t == xds.Listener {
		request.Names = s.listeners
	}
	return request.Append(make([]byte, 0, 256))
}

// receive takes one response that arrived at a time and passes every request that answers it to send.
func (s *session) receive(message []byte, at int64, send func([]byte) error) error {
	response := &s.response
	if err := xds.ParseResponse(message, response); err != nil {
		return fmt.Errorf("client %d: %w", s.id, err)
	}
	t := response.Type
	s.versions[t], s.nonces[t] = string(response.Version), string(response.Nonce)
	if err := send(s.request(t, "")); err != nil {
		return err
	}
	if s.collector.inspect != nil {
		for _, resource := range response.Resources {
			s.collector.inspect(t, xds.Resource(resource))
		}
	}
	useless := 0
	if t == xds.Endpoint {
		for _, resource := range response.Resources {
			fresh, err := s.assignment(xds.Resource(resource), at)
			if err != nil {
				return fmt.Errorf("client %d: %w", s.id, err)
			}
			if !fresh {
				useless++
			}
		}
	} else if t != s.next {
		useless = len(response.Resources)
	}
	s.collector.received(s, len(message), useless)
	if t != s.next {
		return nil
	}
	s.seen += len(response.Resources)
	if s.seen < len(s.names) {
		return nil
	}
	s.next, s.seen = s.next+1, 0
	if s.next == xds.Type(xds.Types) {
		s.collector.completed(at)
		return nil
	}
	return send(s.request(s.next, ""))
}

// assignment notes the generation of an assignment and reports whether it is another than before.
func (s *session) assignment(assignment []byte, at int64) (fresh bool, err error) {
	service, err := shape.ServiceOf(xds.First(assignment, 1))
	if err != nil {
		return false, err
	}
	address, port, err := xds.FirstEndpoint(assignment)
	if err != nil {
		return false, err
	}
	generation, err := shape.GenerationOf(address, port)
	if err != nil {
		return false, err
	}
	index := -1
	for i, subscribed := range s.services {
		if subscribed == service {
			index = i
		}
	}
	if index < 0 {
		return false, fmt.Errorf("service %d was never asked for", service)
	}
	before := s.generations[index]
	s.generations[index] = generation
	s.collector.assigned(s.id, service, before, generation, at)
	if s.collector.keep.Load() {
		if s.kept == nil {
			s.kept = map[int][]byte{}
		}
		s.kept[service] = append(s.kept[service][:0], assignment...)
	}
	return generation != before, nil
}

// exact reports whether the kept assignment of a service has exactly the endpoints that it should have.
func (s *session) exact(service, endpoints, generation int) bool {
	all, err := xds.AllEndpoints(s.kept[service])
	if err != nil || len(all) != endpoints || !bytes.Equal(xds.First(s.kept[service], 1), []byte(shape.Name(service))) {
		return false
	}
	for i, endpoint := range all {
		if endpoint.Address != shape.Address(service, i, generation) || endpoint.Port != shape.PortOf(i, generation) {
			return false
		}
	}
	return true
}
