package main

import (
	"fmt"
	"maps"

	"evenkeel.dev/bench/fanout/internal/xds"
)

// sameResources reports whether the first client of every server gets byte for byte the same resources.
func sameResources(benches []*bench) (bool, error) {
	var reference map[string]string
	for _, b := range benches {
		resources, err := inspect(b.plan, b.server)
		if err != nil {
			return false, err
		}
		if reference == nil {
			reference = resources
		}
		if !maps.Equal(reference, resources) {
			return false, nil
		}
	}
	return true, nil
}

// inspect connects one client and returns its resources by type and name.
func inspect(plan *Plan, server Server) (map[string]string, error) {
	alone := *plan
	alone.Clients = 1
	b := &bench{plan: &alone, server: server, result: &ServerResult{}}
	resources := map[string]string{}
	b.inspect = func(t xds.Type, resource []byte) {
		resources[fmt.Sprintf("%d/%s", t, xds.First(resource, 1))] = string(resource)
	}
	if _, err := b.connect(); err != nil {
		return nil, fmt.Errorf("inspecting: %w", err)
	}
	b.disconnect()
	return resources, nil
}
