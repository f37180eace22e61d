package xds_test

import (
	"bytes"
	"testing"

	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"evenkeel.dev/bench/fanout/internal/resources"
	"evenkeel.dev/bench/fanout/internal/shape"
	"evenkeel.dev/bench/fanout/internal/xds"
)

func TestRequestIsWhatTheGeneratedCodeReads(t *testing.T) {
	request := xds.Request{
		NodeID: "client-1", Type: xds.Endpoint, Version: "7", Nonce: "n", Names: []string{"svc-0", "svc-1"},
	}
	encoded := request.Append(nil)
	var decoded discoveryv3.DiscoveryRequest
	if err := proto.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	if decoded.Node.Id != "client-1" || decoded.Node.Locality.Zone != "zone-a" || len(decoded.Node.ClientFeatures) != 2 {
		t.Errorf("node %v", decoded.Node)
	}
	if decoded.VersionInfo != "7" || decoded.ResponseNonce != "n" || decoded.TypeUrl != xds.Endpoint.URL() ||
		len(decoded.ResourceNames) != 2 {
		t.Errorf("request %v", &decoded)
	}
	again, err := xds.ParseRequest(encoded)
	if err != nil || again.Nonce != "n" || len(again.Names) != 2 || again.Type != xds.Endpoint {
		t.Errorf("read back: %v %v", again, err)
	}
}

func TestResponseIsReadWithoutDecodingIt(t *testing.T) {
	packed, err := anypb.New(resources.Assignment(3, 260, 41))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := proto.Marshal(&discoveryv3.DiscoveryResponse{
		VersionInfo: "v", Nonce: "n", TypeUrl: xds.Endpoint.URL(), Resources: []*anypb.Any{packed},
	})
	if err != nil {
		t.Fatal(err)
	}
	var response xds.Response
	if err := xds.ParseResponse(encoded, &response); err != nil {
		t.Fatal(err)
	}
	if string(response.Version) != "v" || string(response.Nonce) != "n" || response.Type != xds.Endpoint {
		t.Errorf("response %v", response)
	}
	assignment := xds.Resource(response.Resources[0])
	if _, port, err := xds.FirstEndpoint(assignment); err != nil || port != shape.PortOf(0, 41) {
		t.Errorf("first port %d, %v", port, err)
	}
	all, err := xds.AllEndpoints(assignment)
	if err != nil || len(all) != 260 {
		t.Fatalf("%d endpoints, %v", len(all), err)
	}
	if last := all[259]; last.Address != shape.Address(3, 259, 41) || last.Port != shape.PortOf(259, 41) {
		t.Errorf("last endpoint %v", last)
	}
}

func TestTruncatedMessagesAreErrors(t *testing.T) {
	request := xds.Request{Type: xds.Cluster, Version: "1", Nonce: "2", Names: []string{"svc-0"}}
	encoded := request.Append(nil)
	var response xds.Response
	if err := xds.ParseResponse(encoded[:len(encoded)-1], &response); err == nil {
		t.Error("no error")
	}
}

func TestCanonicalFormIgnoresTheOrderOfFieldsButNotOfRepeatedOnes(t *testing.T) {
	inner := func(first, second string) []byte { return []byte("\x0a\x01" + first + "\x0a\x01" + second) }
	field := func(tag string, content []byte) []byte {
		return append(append([]byte(tag), byte(len(content))), content...)
	}
	one := append(field("\x12", inner("a", "b")), field("\x1a", []byte("x"))...)
	other := append(field("\x1a", []byte("x")), field("\x12", inner("a", "b"))...)
	turned := append(field("\x1a", []byte("x")), field("\x12", inner("b", "a"))...)
	if !bytes.Equal(xds.Canonical(one), xds.Canonical(other)) {
		t.Error("the order of fields makes a difference")
	}
	if bytes.Equal(xds.Canonical(one), xds.Canonical(turned)) {
		t.Error("the order of repeated fields makes no difference")
	}
}
