package xds

import "google.golang.org/protobuf/encoding/protowire"

// Request is a DiscoveryRequest: a first subscription when Nonce is empty, else an acknowledgement.
type Request struct {
	// NodeID is sent with the first request of a stream only, as clients do.
	NodeID  string
	Type    Type
	Version string
	Nonce   string
	Names   []string
}

// Append appends the encoded request to buffer.
func (r *Request) Append(buffer []byte) []byte {
	if r.Version != "" {
		buffer = appendString(buffer, 1, r.Version)
	}
	if r.NodeID != "" {
		buffer = appendBytes(buffer, 2, node(r.NodeID))
	}
	for _, name := range r.Names {
		buffer = appendString(buffer, 3, name)
	}
	buffer = appendString(buffer, 4, r.Type.URL())
	if r.Nonce != "" {
		buffer = appendString(buffer, 5, r.Nonce)
	}
	return buffer
}

// ParseRequest reads what Append wrote.
func ParseRequest(message []byte) (Request, error) {
	var request Request
	err := field(message, func(number protowire.Number, _ uint64, content []byte) (err error) {
		switch number {
		case 1:
			request.Version = string(content)
		case 3:
			request.Names = append(request.Names, string(content))
		case 4:
			request.Type, err = TypeOf(content)
		case 5:
			request.Nonce = string(content)
		}
		return err
	})
	return request, err
}

// node is what a gRPC client says about itself: id, cluster, locality, user agent, client features.
func node(id string) []byte {
	message := appendString(nil, 1, id)
	message = appendString(message, 2, "bench")
	message = appendBytes(message, 4, appendString(appendString(nil, 1, "region-1"), 2, "zone-a"))
	message = appendString(message, 6, "gRPC Go")
	message = appendString(message, 7, "1.85.0")
	message = appendString(message, 10, "envoy.lb.does_not_support_overprovisioning")
	return appendString(message, 10, "xds.config.resource-in-sotw")
}

func appendString(buffer []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(buffer, number, protowire.BytesType), value)
}

func appendBytes(buffer []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(buffer, number, protowire.BytesType), value)
}
