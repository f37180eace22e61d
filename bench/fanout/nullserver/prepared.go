package main

import (
	"sync"

	"google.golang.org/protobuf/proto"

	"evenkeel.dev/bench/fanout/internal/h2"
	"evenkeel.dev/bench/fanout/internal/resources"
	"evenkeel.dev/bench/fanout/internal/xds"
)

// prepared holds, for every resource, a response as the frames that go on the wire.
type prepared struct {
	mu     sync.RWMutex
	frames [xds.Types][][]byte
}

func prepare(services, endpoints int) (*prepared, error) {
	p := &prepared{}
	for t := range xds.Type(xds.Types) {
		for service := range services {
			frames, err := frames(t, service, endpoints, 0)
			if err != nil {
				return nil, err
			}
			p.frames[t] = append(p.frames[t], frames)
		}
	}
	return p, nil
}

func (p *prepared) get(t xds.Type, service int) []byte {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.frames[t][service]
}

func (p *prepared) set(t xds.Type, service int, frames []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames[t][service] = frames
}

func frames(t xds.Type, service, endpoints, generation int) ([]byte, error) {
	value, err := proto.Marshal(resource(t, service, endpoints, generation))
	if err != nil {
		return nil, err
	}
	return h2.AppendMessage(nil, h2.StreamID, xds.AppendResponse(nil, t, "1", "1", value)), nil
}

func resource(t xds.Type, service, endpoints, generation int) proto.Message {
	switch t {
	case xds.Listener:
		return resources.Listener(service)
	case xds.Route:
		return resources.Route(service)
	case xds.Cluster:
		return resources.Cluster(service)
	default:
		return resources.Assignment(service, endpoints, generation)
	}
}
