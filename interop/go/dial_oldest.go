//go:build oldest

package main

import "google.golang.org/grpc"

// dial is the same in versions that have no NewClient.
func dial(target string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.Dial(target, options...)
}
