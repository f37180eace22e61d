// The peers: an ADS server of go-control-plane over grpc-go, with LinearCache or with SnapshotCache, used as its
// documentation says and tuned no further.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"

	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	serverv3 "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"

	"evenkeel.dev/bench/fanout/internal/control"
	"evenkeel.dev/bench/fanout/internal/shape"
)

func main() {
	kind := flag.String("cache", "linear", "linear or snapshot")
	services := flag.Int("services", 1, "services to serve")
	endpoints := flag.Int("endpoints", 100, "endpoints of each service")
	file := flag.String("file", "", "endpoint file to read and to watch, instead of changes over a control channel")
	flag.BoolVar(&shape.PodLocalities, "pod-localities", false, "every endpoint in a locality of its own")
	api := flag.String("kubernetes", "", "API server whose EndpointSlices to list and to watch, in the same way")
	flag.Parse()
	shape.FromFile = *file != "" || *api != ""
	if err := run(*kind, *services, *endpoints, *file, *api); err != nil {
		log.Fatal(err)
	}
}

func run(kind string, services, endpoints int, file, api string) error {
	var (
		cache  cachev3.Cache
		update func(service, generation int) error
		err    error
	)
	switch kind {
	case "linear":
		var assign func(name string, addresses []string) error
		cache, update, assign, err = newLinear(services, endpoints)
		if err == nil && file != "" {
			err = watchFile(file, assign)
		}
		if err == nil && api != "" {
			err = watchSlices(api, assign)
		}
	case "snapshot":
		cache, update, err = newSnapshot(services, endpoints)
	default:
		err = fmt.Errorf("unknown cache %q", kind)
	}
	if err != nil {
		return err
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(server, serverv3.NewServer(context.Background(), cache, nil))
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(listener) }()
	go func() {
		failed <- control.Serve(listener.Addr(), func(change control.Change) error {
			if change.Service >= services || change.Generation > shape.MaxGeneration {
				return fmt.Errorf("no service %d or generation %d", change.Service, change.Generation)
			}
			return update(change.Service, change.Generation)
		})
	}()
	return <-failed
}
