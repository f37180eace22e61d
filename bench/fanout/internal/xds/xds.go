// Package xds reads and writes the few fields of the xDS messages that the driver and the null server need, without
// decoding the rest: the driver must cost as little as possible, or it measures itself.
package xds

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Type is one of the four resource types that a gRPC client subscribes to, in the order in which it does so.
type Type int

const (
	Listener Type = iota
	Route
	Cluster
	Endpoint
	Types int = iota
)

var typeURLs = [Types]string{
	"type.googleapis.com/envoy.config.listener.v3.Listener",
	"type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
	"type.googleapis.com/envoy.config.cluster.v3.Cluster",
	"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
}

func (t Type) String() string { return [...]string{"listener", "route", "cluster", "endpoints"}[t] }

func (t Type) URL() string { return typeURLs[t] }

// TypeOf is the inverse of URL.
func TypeOf(url []byte) (Type, error) {
	for t, known := range typeURLs {
		if known == string(url) {
			return Type(t), nil
		}
	}
	return 0, fmt.Errorf("type %q is not one of the bench", url)
}

// Method is the path of the aggregated state-of-the-world stream.
const Method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"

var errTruncated = errors.New("truncated protobuf message")

// field calls visit for every field of a message; bytes fields come with their content, varints with their value.
func field(message []byte, visit func(number protowire.Number, value uint64, content []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errTruncated
		}
		message = message[n:]
		var value uint64
		var content []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			content, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return errTruncated
		}
		message = message[n:]
		if err := visit(number, value, content); err != nil {
			return err
		}
	}
	return nil
}
