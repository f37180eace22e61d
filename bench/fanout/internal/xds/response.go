package xds

import (
	"bytes"
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// Response is what a client must know of a DiscoveryResponse in order to acknowledge it. Its slices point into the
// message.
type Response struct {
	Type      Type
	Version   []byte
	Nonce     []byte
	Resources [][]byte
}

// ParseResponse reads a DiscoveryResponse into response, whose slices it reuses. It looks into no resource.
func ParseResponse(message []byte, response *Response) error {
	response.Version, response.Nonce, response.Resources = nil, nil, response.Resources[:0]
	return field(message, func(number protowire.Number, _ uint64, content []byte) (err error) {
		switch number {
		case 1:
			response.Version = content
		case 2:
			response.Resources = append(response.Resources, content)
		case 4:
			response.Type, err = TypeOf(content)
		case 5:
			response.Nonce = content
		}
		return err
	})
}

// AppendResponse appends a DiscoveryResponse whose resources have the given encoded values.
func AppendResponse(buffer []byte, t Type, version, nonce string, values ...[]byte) []byte {
	buffer = appendString(buffer, 1, version)
	for _, value := range values {
		buffer = appendBytes(buffer, 2, appendBytes(appendString(nil, 1, t.URL()), 2, value))
	}
	return appendString(appendString(buffer, 4, t.URL()), 5, nonce)
}

// ErrNoEndpoint says that an assignment has no endpoint, which no server of the bench should send.
var ErrNoEndpoint = errors.New("an assignment without endpoints")

// errFound ends a walk early.
var errFound = errors.New("found")

// First finds a bytes field by its path from the message down, the first occurrence at every level.
func First(message []byte, path ...protowire.Number) []byte {
	for _, wanted := range path {
		var found []byte
		_ = field(message, func(number protowire.Number, _ uint64, content []byte) error {
			if number != wanted {
				return nil
			}
			found = content
			return errFound
		})
		if found == nil {
			return nil
		}
		message = found
	}
	return message
}

// Resource is the encoded resource in an Any, as found in Response.Resources; wrapped ones (TTL) are not expected.
func Resource(anyMessage []byte) []byte { return First(anyMessage, 2) }

// FirstEndpoint is an assignment's first endpoint: it carries the generation (see package shape).
func FirstEndpoint(assignment []byte) (address []byte, port int, err error) {
	lbEndpoint := First(assignment, 2, 2)
	if lbEndpoint == nil {
		return nil, 0, ErrNoEndpoint
	}
	return socketAddress(lbEndpoint)
}

// EndpointAddress is one endpoint of an assignment.
type EndpointAddress struct {
	Address string
	Port    int
}

// AllEndpoints decodes an assignment in full, all localities in order.
func AllEndpoints(assignment []byte) ([]EndpointAddress, error) {
	var all []EndpointAddress
	err := field(assignment, func(number protowire.Number, _ uint64, locality []byte) error {
		if number != 2 {
			return nil
		}
		return field(locality, func(number protowire.Number, _ uint64, lbEndpoint []byte) error {
			if number != 2 {
				return nil
			}
			address, port, err := socketAddress(lbEndpoint)
			all = append(all, EndpointAddress{string(bytes.Clone(address)), port})
			return err
		})
	})
	return all, err
}

// socketAddress reads LbEndpoint.endpoint.address.socket_address.
func socketAddress(lbEndpoint []byte) (address []byte, port int, err error) {
	err = field(First(lbEndpoint, 1, 1, 1), func(number protowire.Number, value uint64, content []byte) error {
		switch number {
		case 2:
			address = content
		case 3:
			port = int(value)
		}
		return nil
	})
	return address, port, err
}
