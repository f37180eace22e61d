package main

import "fmt"

// fleet is the clients of one server. Its clients report to a collector from the moment they connect.
type fleet interface {
	// start connects all clients at once and returns before they are connected.
	start(sessions []*session) error
	// close closes all connections and waits until nothing of the fleet runs any more.
	close()
}

func newFleet(plan *Plan, address string, collector *collector) (fleet, error) {
	switch plan.Client {
	case "grpc":
		return newGrpcFleet(address, collector), nil
	case "lean":
		return newLeanFleet(address, plan, collector)
	default:
		return nil, fmt.Errorf("unknown kind of client %q", plan.Client)
	}
}

// subscriptionsOf spreads the clients evenly over the services.
func subscriptionsOf(client int, plan *Plan) []int {
	services := make([]int, plan.Subscriptions)
	for i := range services {
		services[i] = (client + i*plan.Services/plan.Subscriptions) % plan.Services
	}
	return services
}
