// Command csds asks a control plane for the state of its clients as grpcdebug does, once with each method, and prints one
// line of JSON for each client of each answer.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	statuspb "github.com/envoyproxy/go-control-plane/envoy/service/status/v3"
)

type resource struct {
	Type         string `json:"type"`
	Name         string `json:"name"`
	Version      string `json:"version"`
	ConfigStatus string `json:"configStatus"`
	ClientStatus string `json:"clientStatus"`
}

type client struct {
	Method    string     `json:"method"`
	Node      string     `json:"node"`
	Resources []resource `json:"resources"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "Usage: csds HOST:PORT")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func run(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	service := statuspb.NewClientStatusDiscoveryServiceClient(connection)
	fetched, err := service.FetchClientStatus(ctx, &statuspb.ClientStatusRequest{})
	if err != nil {
		return err
	}
	show("fetch", fetched)
	stream, err := service.StreamClientStatus(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&statuspb.ClientStatusRequest{}); err != nil {
		return err
	}
	streamed, err := stream.Recv()
	if err != nil {
		return err
	}
	show("stream", streamed)
	return stream.CloseSend()
}

func show(method string, answer *statuspb.ClientStatusResponse) {
	output := json.NewEncoder(os.Stdout)
	for _, config := range answer.GetConfig() {
		found := client{Method: method, Node: config.GetNode().GetId()}
		for _, one := range config.GetGenericXdsConfigs() {
			found.Resources = append(found.Resources, resource{
				one.GetTypeUrl(), one.GetName(), one.GetVersionInfo(),
				one.GetConfigStatus().String(), one.GetClientStatus().String(),
			})
		}
		_ = output.Encode(found)
	}
}
