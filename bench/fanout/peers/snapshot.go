package main

import (
	"context"
	"maps"
	"strconv"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"

	"evenkeel.dev/bench/fanout/internal/resources"
	"evenkeel.dev/bench/fanout/internal/shape"
)

// fleet gives all nodes one snapshot, which is the cheapest way to serve all of them the same.
type fleet struct{}

const fleetKey = "fleet"

func (fleet) ID(*corev3.Node) string { return fleetKey }

// newSnapshot is a SnapshotCache whose types have versions of their own, so that a change of endpoints does not resend
// the other types.
func newSnapshot(services, endpoints int) (cachev3.Cache, func(service, generation int) error, error) {
	cache := cachev3.NewSnapshotCache(false, fleet{}, nil)
	items := func(build func(service int) types.Resource) []types.Resource {
		all := make([]types.Resource, services)
		for service := range all {
			all[service] = build(service)
		}
		return all
	}
	var snapshot cachev3.Snapshot
	set := func(kind types.ResponseType, build func(service int) types.Resource) {
		snapshot.Resources[kind] = cachev3.NewResources("0", items(build))
	}
	set(types.Listener, func(service int) types.Resource { return resources.Listener(service) })
	set(types.Route, func(service int) types.Resource { return resources.Route(service) })
	set(types.Cluster, func(service int) types.Resource { return resources.Cluster(service) })
	set(types.Endpoint, func(service int) types.Resource { return resources.Assignment(service, endpoints, 0) })

	version := 0
	update := func(service, generation int) error {
		version++
		changed := maps.Clone(snapshot.Resources[types.Endpoint].Items)
		changed[shape.Name(service)] = types.ResourceWithTTL{Resource: resources.Assignment(service, endpoints, generation)}
		next := snapshot
		next.Resources[types.Endpoint] = cachev3.Resources{Version: strconv.Itoa(version), Items: changed}
		snapshot = next
		return cache.SetSnapshot(context.Background(), fleetKey, &next)
	}
	initial := snapshot
	return cache, update, cache.SetSnapshot(context.Background(), fleetKey, &initial)
}
