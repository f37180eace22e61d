"""A server that is not evenkeel's: Python's grpcio, no health service, no reflection, an answer that names its host."""

import json
import sys
from concurrent import futures

import grpc

NAME = sys.argv[1]


def ask(request, context):
    """shop.Who/Ask: field 1 of the answer is the host's name, field 2 the request's first field again."""
    name = NAME.encode()
    return b"\x0a" + bytes([len(name)]) + name + (b"\x12" + request[1:] if request else b"")


def count(request, context):
    """shop.Who/Count: three answers."""
    for _ in range(3):
        yield ask(request, context)


HANDLERS = {
    "Ask": grpc.unary_unary_rpc_method_handler(ask),
    "Count": grpc.unary_stream_rpc_method_handler(count),
}
server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.Who", HANDLERS),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(json.dumps({"address": f"127.0.0.1:{port}"}), flush=True)
server.wait_for_termination()
