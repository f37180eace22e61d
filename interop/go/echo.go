package main

import (
	"context"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// echo calls echo.EchoServer/SayHello from a descriptor set instead of generated code: nothing generated is committed and
// no code generator has to be installed.
type echo struct {
	method         string
	request, reply protoreflect.MessageDescriptor
}

// loadEcho reads a FileDescriptorSet that holds echo.EchoServer.
func loadEcho(path string) (*echo, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(bytes, &set); err != nil {
		return nil, fmt.Errorf("%s is not a descriptor set: %w", path, err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, err
	}
	found, err := files.FindDescriptorByName("echo.EchoServer.SayHello")
	if err != nil {
		return nil, err
	}
	method := found.(protoreflect.MethodDescriptor)
	return &echo{"/echo.EchoServer/SayHello", method.Input(), method.Output()}, nil
}

// sayHello makes one call and returns the pod that answered.
func (e *echo) sayHello(ctx context.Context, channel *grpc.ClientConn, options ...grpc.CallOption) (string, error) {
	request := dynamicpb.NewMessage(e.request)
	request.Set(e.request.Fields().ByName("name"), protoreflect.ValueOfString("go"))
	reply := dynamicpb.NewMessage(e.reply)
	if err := channel.Invoke(ctx, e.method, request, reply, options...); err != nil {
		return "", err
	}
	return reply.Get(e.reply.Fields().ByName("hostname")).String(), nil
}
