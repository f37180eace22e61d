"""C-core (Python grpcio) under test.

Makes the calls that it is told to on standard input and says on standard output who answered. The protocol is described
in interop/README.md and is the same for every language.
"""

import collections
import json
import os
import sys
import threading
import time
from concurrent import futures

import grpc
import grpc_csds
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DEADLINE_S = 1
TALLY_INTERVAL_S = 0.1
METHOD = "/echo.EchoServer/SayHello"

output = threading.Lock()


def emit(**event):
    with output:
        print(json.dumps(event), flush=True)


def load_messages(path):
    """The request and reply classes, from a descriptor set: nothing generated is committed or installed."""
    with open(path, "rb") as file:
        descriptors = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(f"echo.{name}")) for name in ("EchoRequest", "EchoReply")]


class Tally:
    """Answers of one command by target and backend, and its failures by status."""

    def __init__(self):
        self.lock = threading.Lock()
        self.backends = collections.defaultdict(collections.Counter)
        self.failures = collections.Counter()

    def record(self, target, call):
        """`call` is finished."""
        code = call.code()
        with self.lock:
            if code is grpc.StatusCode.OK:
                self.backends[target][call.result().hostname] += 1
                return
            failure = f"{code.name}: {call.details()}"
            self.failures[failure] += 1
        print(time.strftime("%H:%M:%S"), target, failure, file=sys.stderr, flush=True)

    def emit(self, id, event):
        with self.lock:
            backends = {target: dict(calls) for target, calls in self.backends.items()}
            failures = dict(self.failures)
        emit(id=id, event=event, backends=backends, failures=failures)


class Client:
    def __init__(self):
        self.request, self.reply = load_messages(os.environ["INTEROP_ECHO_DESCRIPTORS"])
        self.channels = {}
        self.methods = {}
        self.loads = {}
        self.lock = threading.Lock()

    def method(self, target):
        """One channel a target, kept, as a long-lived service would."""
        with self.lock:
            if target not in self.methods:
                # Off unless a test is about them.
                retries = 0 if os.environ.get("INTEROP_RETRIES", "") == "" else 1
                channel = grpc.insecure_channel(target, options=[("grpc.enable_retries", retries)])
                self.channels[target] = channel
                self.methods[target] = channel.unary_unary(
                    METHOD,
                    request_serializer=self.request.SerializeToString,
                    response_deserializer=self.reply.FromString,
                )
            return self.methods[target]

    def start_call(self, target, command):
        return self.method(target).future(
            self.request(name="python"),
            timeout=command.get("deadlineMs", DEADLINE_S * 1000) / 1000,
            metadata=[("evenkeel-run", command["run"])],
            wait_for_ready=command.get("waitForReady", False),
        )

    def connect(self, command):
        for target in command["targets"]:
            self.method(target)
            self.channels[target].subscribe(lambda _state: None, try_to_connect=True)
        emit(id=command["id"], event="done")

    def call(self, command):
        """`count` calls to each target, one after the other."""
        tally = Tally()
        for _ in range(command["count"]):
            for target in command["targets"]:
                call = self.start_call(target, command)
                call.exception()
                tally.record(target, call)
        tally.emit(command["id"], "done")

    def load(self, command, stop):
        """Calls at a constant rate, however long the answers take, the targets in turn, until stopped."""
        tally = Tally()
        targets = command["targets"]
        interval = 1 / command["ratePerSecond"]
        in_flight = set()
        started = next_call = next_tally = time.monotonic()
        number = 0
        while not stop.wait(max(0, next_call - time.monotonic())):
            target = targets[number % len(targets)]
            call = self.start_call(target, command)
            in_flight.add(call)
            call.add_done_callback(lambda done, target=target: (tally.record(target, done), in_flight.discard(done)))
            number += 1
            next_call = started + number * interval
            if time.monotonic() >= next_tally:
                tally.emit(command["id"], "tally")
                next_tally = time.monotonic() + TALLY_INTERVAL_S
        while in_flight:
            time.sleep(0.01)
        tally.emit(command["id"], "done")

    def handle(self, command):
        name = command["cmd"]
        if name == "connect":
            self.connect(command)
        elif name == "call":
            threading.Thread(target=self.call, args=(command,), daemon=True).start()
        elif name == "load":
            stop = self.loads[command["id"]] = threading.Event()
            threading.Thread(target=self.load, args=(command, stop), daemon=True).start()
        elif name == "stop":
            if stop := self.loads.pop(command["id"], None):
                stop.set()
        else:
            emit(id=command["id"], event="error", message=f"unknown command {name}")


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    grpc_csds.add_csds_servicer(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    client = Client()
    emit(event="ready", client=f"C-core (Python grpcio {grpc.__version__})", csds=f"127.0.0.1:{port}")
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "quit":
            break
        client.handle(command)
    # Threads of the core may still run; the answers are out, and nothing is left to save.
    os._exit(0)


main()
