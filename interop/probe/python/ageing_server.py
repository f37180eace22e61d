"""A server that is not evenkeel's: Python's grpcio (C-core) with a MaxConnectionAge and its grace, in milliseconds."""

import json
import sys
from concurrent import futures

import grpc

SERVING = b"\x08\x01"
HANDLERS = {"Check": grpc.unary_unary_rpc_method_handler(lambda request, context: SERVING)}

server = grpc.server(
    futures.ThreadPoolExecutor(max_workers=8),
    options=[
        ("grpc.max_connection_age_ms", int(sys.argv[1])),
        ("grpc.max_connection_age_grace_ms", int(sys.argv[2])),
    ],
)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", HANDLERS),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(json.dumps({"address": f"127.0.0.1:{port}"}), flush=True)
server.wait_for_termination()
