//go:build !oldest

package main

import "google.golang.org/grpc"

// dial opens a channel, without a connection yet.
func dial(target string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient(target, options...)
}
