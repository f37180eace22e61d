// A server that is not evenkeel's: grpc-go with its own health service and reflection, and google.longrunning.Operations,
// whose .proto file imports others for options alone (google/api/annotations.proto, client.proto).
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/protobuf/types/known/anypb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	header := flag.String("header", "", "NAME=VALUE of a header in every answer")
	trailer := flag.String("trailer", "", "NAME=VALUE of a trailer in every answer")
	reflects := flag.Bool("reflection", true, "describe the services")
	delay := flag.Duration("delay", 0, "wait before each answer")
	maxAge := flag.Duration("max-age", 0, "close connections after so long (MaxConnectionAge)")
	grace := flag.Duration("max-age-grace", 0, "let calls go on for so long after that (MaxConnectionAgeGrace); 0: for ever")
	flag.Parse()
	options := []grpc.ServerOption{}
	if *header != "" || *trailer != "" || *delay > 0 {
		options = append(options, grpc.UnaryInterceptor(answerWith(*header, *trailer, *delay)))
	}
	if *maxAge > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: *maxAge, MaxConnectionAgeGrace: *grace}))
	}
	server := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	longrunningpb.RegisterOperationsServer(server, operations{})
	if *reflects {
		reflection.Register(server)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"address\":%q}\n", listener.Addr().String())
	log.Fatal(server.Serve(listener))
}

type operations struct {
	longrunningpb.UnimplementedOperationsServer
}

func (operations) GetOperation(_ context.Context, request *longrunningpb.GetOperationRequest) (*longrunningpb.Operation, error) {
	metadata := &anypb.Any{TypeUrl: "type.googleapis.com/not.Described", Value: []byte{1, 2, 3}}
	return &longrunningpb.Operation{Name: request.GetName(), Metadata: metadata}, nil
}

func answerWith(header, trailer string, delay time.Duration) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if delay > 0 {
			time.Sleep(delay)
		}
		_ = grpc.SetHeader(ctx, pair(header))
		_ = grpc.SetTrailer(ctx, pair(trailer))
		return handler(ctx, request)
	}
}

func pair(text string) metadata.MD {
	for at := range text {
		if text[at] == '=' {
			return metadata.Pairs(text[:at], text[at+1:])
		}
	}
	return nil
}
