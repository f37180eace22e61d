package main

import (
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"

	"evenkeel.dev/bench/fanout/internal/resources"
	"evenkeel.dev/bench/fanout/internal/shape"
)

// newLinear is a LinearCache a type, joined by a MuxCache.
func newLinear(services, endpoints int) (
	cache cachev3.Cache, update func(service, generation int) error, assign func(name string, addresses []string) error, err error,
) {
	build := map[string]func(service int) types.Resource{
		resourcev3.ListenerType: func(service int) types.Resource { return resources.Listener(service) },
		resourcev3.RouteType:    func(service int) types.Resource { return resources.Route(service) },
		resourcev3.ClusterType:  func(service int) types.Resource { return resources.Cluster(service) },
		resourcev3.EndpointType: func(service int) types.Resource { return resources.Assignment(service, endpoints, 0) },
	}
	mux := &cachev3.MuxCache{
		Classify:      func(request *cachev3.Request) string { return request.GetTypeUrl() },
		ClassifyDelta: func(request *cachev3.DeltaRequest) string { return request.GetTypeUrl() },
		Caches:        map[string]cachev3.Cache{},
	}
	linear := map[string]*cachev3.LinearCache{}
	for typeURL, build := range build {
		initial := map[string]types.Resource{}
		for service := range services {
			resource := build(service)
			initial[cachev3.GetResourceName(resource)] = resource
		}
		linear[typeURL] = cachev3.NewLinearCache(typeURL, cachev3.WithInitialResources(initial))
		mux.Caches[typeURL] = linear[typeURL]
	}
	update = func(service, generation int) error {
		assignment := resources.Assignment(service, endpoints, generation)
		return linear[resourcev3.EndpointType].UpdateResource(shape.Name(service), assignment)
	}
	assign = func(name string, addresses []string) error {
		return linear[resourcev3.EndpointType].UpdateResource(name, resources.AssignmentOf(name, addresses, 0))
	}
	return mux, update, assign, nil
}
