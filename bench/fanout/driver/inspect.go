package main

import (
	"fmt"
	"slices"

	"evenkeel.dev/bench/fanout/internal/xds"
)

// differingResources are the resources that some server sends otherwise than the first one does, whatever the order of
// fields.
func differingResources(benches []*bench) ([]string, error) {
	differing := []string{}
	var reference map[string]string
	for _, b := range benches {
		resources, err := inspect(b.plan, b.server)
		if err != nil {
			return nil, err
		}
		if reference == nil {
			reference = resources
		}
		for key, resource := range reference {
			if resources[key] != resource {
				differing = append(differing, fmt.Sprintf("%s of %s", key, b.server.Name))
			}
		}
	}
	slices.Sort(differing)
	return differing, nil
}

// inspect connects one client and returns its resources by type and name.
func inspect(plan *Plan, server Server) (map[string]string, error) {
	alone := *plan
	alone.Clients = 1
	b := &bench{plan: &alone, server: server, result: &ServerResult{}}
	resources := map[string]string{}
	b.inspect = func(t xds.Type, resource []byte) {
		resources[fmt.Sprintf("%s %s", t, xds.First(resource, 1))] = string(xds.Canonical(resource))
	}
	if _, err := b.connect(); err != nil {
		return nil, fmt.Errorf("inspecting: %w", err)
	}
	b.disconnect()
	return resources, nil
}
