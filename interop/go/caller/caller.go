package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver/dns"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	method    = "/echo.EchoServer/SayHello"
	runHeader = "evenkeel-run"
	podHeader = "evenkeel-pod"
	// dnsOption is the channel option of grpc-js that has its counterpart in a setting of this whole process.
	dnsOption = "grpc.dns_min_time_between_resolutions_ms"
)

// config is ClientConfig, as far as it means something to grpc-go.
type config struct {
	Scheme struct {
		Policy string `json:"policy"`
	} `json:"scheme"`
	Target         string         `json:"target"`
	ChannelOptions map[string]any `json:"channelOptions"`
	Retries        bool           `json:"retries"`
}

func (c config) apply() {
	if ms, ok := c.ChannelOptions[dnsOption].(float64); ok {
		dns.SetMinResolutionInterval(milliseconds(ms))
	}
}

// rawCodec hands bytes through: the one message that is sent and the one field that is read need no generated code.
type rawCodec struct{}

func (rawCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}
func (rawCodec) Name() string { return "proto" }

// request is an EchoRequest whose field name (1) says evenkeel.
var request = protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "evenkeel")

// hostnameOf reads field 2 of an EchoReply.
func hostnameOf(reply []byte) string {
	for len(reply) > 0 {
		number, kind, n := protowire.ConsumeTag(reply)
		if n < 0 {
			return ""
		}
		reply = reply[n:]
		if number == 2 && kind == protowire.BytesType {
			value, _ := protowire.ConsumeString(reply)
			return value
		}
		n = protowire.ConsumeFieldValue(number, kind, reply)
		if n < 0 {
			return ""
		}
		reply = reply[n:]
	}
	return ""
}

// caller is one channel.
type caller struct {
	channel     *grpc.ClientConn
	connections *connectionLog
}

// open makes a channel and waits until it is connected; the channel is there also where that fails.
//
// WithDisableRetry switches off what a service config asks for. A call that no server has looked at is made again once
// all the same (gRFC A6, "Transparent Retries"): grpc-go has no switch for that.
func open(settings config, within time.Duration) (*caller, error) {
	log := &connectionLog{}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(log.dial),
		grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})),
	}
	// With xds:/// what the control plane says comes as a service config; DNS must not change what is measured.
	if !strings.HasPrefix(settings.Target, "xds:") {
		options = append(options, grpc.WithDisableServiceConfig())
	}
	if !settings.Retries {
		options = append(options, grpc.WithDisableRetry())
	}
	if settings.Scheme.Policy != "" {
		options = append(options, grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, settings.Scheme.Policy)))
	}
	channel, err := grpc.NewClient(settings.Target, options...)
	if err != nil {
		return nil, err
	}
	opened := &caller{channel, log}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	channel.Connect()
	for state := channel.GetState(); state != connectivity.Ready; state = channel.GetState() {
		if !channel.WaitForStateChange(ctx, state) {
			return opened, fmt.Errorf("Failed to connect before the deadline: the channel is in %v", state)
		}
		channel.Connect()
	}
	return opened, nil
}

func (c *caller) close() {
	c.channel.Close()
}

// outcome is what became of one call.
type outcome struct {
	Status string `json:"status"`
	Pod    string `json:"pod,omitempty"`
	Peer   string `json:"peer,omitempty"`
	Error  string `json:"error,omitempty"`
}

func (c *caller) call(run string, deadline time.Duration) outcome {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), runHeader, run), deadline)
	defer cancel()
	var reply []byte
	var header metadata.MD
	var answeredBy peer.Peer
	err := c.channel.Invoke(ctx, method, &request, &reply, grpc.Header(&header), grpc.Peer(&answeredBy))
	seen := outcome{Status: "OK"}
	if answeredBy.Addr != nil {
		seen.Peer = answeredBy.Addr.String()
	}
	if pods := header.Get(podHeader); len(pods) > 0 {
		seen.Pod = pods[0]
	}
	if err != nil {
		seen.Status = nameOf(status.Code(err))
		seen.Error = status.Convert(err).Message()
	} else if seen.Pod == "" {
		seen.Pod = hostnameOf(reply)
	}
	return seen
}

// names are those that all languages share; Go's own spell some differently.
var names = map[codes.Code]string{
	codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
	codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
	codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
}

func nameOf(code codes.Code) string {
	if name, ok := names[code]; ok {
		return name
	}
	return "UNKNOWN"
}
