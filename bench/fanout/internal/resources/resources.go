// Package resources builds the typed resources that the Go servers serve: what the builders of @evenkeel/xds make.
package resources

import (
	"net"
	"strconv"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"evenkeel.dev/bench/fanout/internal/shape"
)

func mustAny(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(err)
	}
	return packed
}

func ads() *corev3.ConfigSource {
	return &corev3.ConfigSource{
		ConfigSourceSpecifier: &corev3.ConfigSource_Ads{Ads: &corev3.AggregatedConfigSource{}},
		ResourceApiVersion:    corev3.ApiVersion_V3,
	}
}

// Listener is a client-side listener that names its route configuration.
func Listener(service int) *listenerv3.Listener {
	return &listenerv3.Listener{
		Name: shape.ListenerName(service),
		ApiListener: &listenerv3.ApiListener{ApiListener: mustAny(&hcmv3.HttpConnectionManager{
			RouteSpecifier: &hcmv3.HttpConnectionManager_Rds{
				Rds: &hcmv3.Rds{ConfigSource: ads(), RouteConfigName: shape.Name(service)},
			},
			HttpFilters: []*hcmv3.HttpFilter{{
				Name:       "envoy.filters.http.router",
				ConfigType: &hcmv3.HttpFilter_TypedConfig{TypedConfig: mustAny(&routerv3.Router{})},
			}},
		})},
	}
}

// Route sends everything to the service's cluster.
func Route(service int) *routev3.RouteConfiguration {
	return &routev3.RouteConfiguration{
		Name: shape.Name(service),
		VirtualHosts: []*routev3.VirtualHost{{
			Name:    shape.Name(service),
			Domains: []string{"*"},
			Routes: []*routev3.Route{{
				Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: ""}},
				Action: &routev3.Route_Route{Route: &routev3.RouteAction{
					ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: shape.Name(service)},
					Timeout:          durationpb.New(0),
				}},
			}},
		}},
	}
}

// Cluster is an EDS cluster with round robin and room for any number of calls.
func Cluster(service int) *clusterv3.Cluster {
	unbounded := wrapperspb.UInt32(1_000_000)
	return &clusterv3.Cluster{
		Name:                 shape.Name(service),
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_EDS},
		EdsClusterConfig:     &clusterv3.Cluster_EdsClusterConfig{EdsConfig: ads()},
		ConnectTimeout:       durationpb.New(5 * time.Second),
		LbPolicy:             clusterv3.Cluster_ROUND_ROBIN,
		CircuitBreakers: &clusterv3.CircuitBreakers{Thresholds: []*clusterv3.CircuitBreakers_Thresholds{{
			MaxConnections: unbounded, MaxPendingRequests: unbounded, MaxRequests: unbounded,
		}}},
	}
}

// Assignment is the service's endpoints, in one locality or each in its own, built anew as a control plane does on every
// change.
func Assignment(service, endpoints, generation int) *endpointv3.ClusterLoadAssignment {
	addresses := make([]string, endpoints)
	for i := range addresses {
		addresses[i] = shape.Address(service, i, generation)
	}
	return AssignmentOf(shape.Name(service), addresses, generation)
}

// AssignmentOf is the same from the addresses of the endpoints.
func AssignmentOf(name string, addresses []string, generation int) *endpointv3.ClusterLoadAssignment {
	lbEndpoints := make([]*endpointv3.LbEndpoint, len(addresses))
	for i := range lbEndpoints {
		lbEndpoints[i] = &endpointv3.LbEndpoint{
			HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{
				Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
					Address:       addresses[i],
					PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: uint32(shape.PortOf(i, generation))},
				}}},
			}},
			HealthStatus:        corev3.HealthStatus_HEALTHY,
			LoadBalancingWeight: wrapperspb.UInt32(1),
		}
	}
	assignment := &endpointv3.ClusterLoadAssignment{ClusterName: name}
	if !shape.PodLocalities {
		assignment.Endpoints = []*endpointv3.LocalityLbEndpoints{locality("", lbEndpoints)}
		return assignment
	}
	for i, address := range addresses {
		subZone := net.JoinHostPort(address, strconv.Itoa(shape.PortOf(i, generation)))
		assignment.Endpoints = append(assignment.Endpoints, locality(subZone, lbEndpoints[i:i+1]))
	}
	return assignment
}

func locality(subZone string, lbEndpoints []*endpointv3.LbEndpoint) *endpointv3.LocalityLbEndpoints {
	return &endpointv3.LocalityLbEndpoints{
		Locality:            &corev3.Locality{Region: "region-1", Zone: "zone-a", SubZone: subZone},
		LbEndpoints:         lbEndpoints,
		LoadBalancingWeight: wrapperspb.UInt32(1),
	}
}
