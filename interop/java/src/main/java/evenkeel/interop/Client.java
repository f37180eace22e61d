package evenkeel.interop;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.gson.Gson;
import com.google.protobuf.DynamicMessage;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.xds.CsdsService;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * grpc-java under test: makes the calls that it is told to on standard input and says on standard output who answered.
 * The protocol is described in interop/README.md and is the same for every language.
 */
public final class Client {
  private static final long DEADLINE_MS = 1000;
  private static final long TALLY_INTERVAL_MS = 100;

  record Command(
      int id,
      String cmd,
      List<String> targets,
      int count,
      int ratePerSecond,
      String run,
      boolean waitForReady,
      int deadlineMs) {}

  private record Load(ScheduledFuture<?> pace, ScheduledFuture<?> report, Runnable finish) {}

  private final Echo echo;
  private final Output output = new Output();
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();
  private final Map<Integer, Load> loads = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
  private final ExecutorService background = Executors.newCachedThreadPool();

  private Client(Echo echo) {
    this.echo = echo;
  }

  /** One channel a target, kept, as a long-lived service would. */
  private ManagedChannel channel(String target) {
    return channels.computeIfAbsent(target, name -> {
      var builder = Grpc.newChannelBuilder(name, InsecureChannelCredentials.create());
      // Off unless a test is about them.
      return (System.getenv("INTEROP_RETRIES") == null ? builder.disableRetry() : builder).build();
    });
  }

  private ListenableFuture<DynamicMessage> startCall(String target, Command command) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("evenkeel-run", Metadata.ASCII_STRING_MARSHALLER), command.run());
    Channel channel = ClientInterceptors.intercept(channel(target), MetadataUtils.newAttachHeadersInterceptor(headers));
    long deadlineMs = command.deadlineMs() > 0 ? command.deadlineMs() : DEADLINE_MS;
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS);
    if (command.waitForReady()) options = options.withWaitForReady();
    return ClientCalls.futureUnaryCall(channel.newCall(echo.sayHello, options), echo.request("java"));
  }

  private ListenableFuture<DynamicMessage> startCall(String target, Command command, Tally tally) {
    ListenableFuture<DynamicMessage> answer = startCall(target, command);
    Futures.addCallback(answer, new FutureCallback<>() {
      @Override
      public void onSuccess(DynamicMessage reply) {
        tally.answered(target, echo.hostname(reply));
      }

      @Override
      public void onFailure(Throwable thrown) {
        tally.failed(target, thrown);
      }
    }, MoreExecutors.directExecutor());
    return answer;
  }

  private void connect(Command command) {
    command.targets().forEach(target -> channel(target).getState(true));
    output.emit(Map.of("id", command.id(), "event", "done"));
  }

  /** {@code count} calls to each target, one after the other. */
  private void call(Command command) {
    Tally tally = new Tally();
    for (int i = 0; i < command.count(); i++) {
      for (String target : command.targets()) {
        try {
          tally.answered(target, echo.hostname(startCall(target, command).get()));
        } catch (Exception failure) {
          tally.failed(target, failure);
        }
      }
    }
    tally.emit(output, command.id(), "done");
  }

  /** Calls at a constant rate, however long the answers take, the targets in turn, until stopped. */
  private void load(Command command) {
    Tally tally = new Tally();
    Phaser inFlight = new Phaser(1);
    AtomicInteger number = new AtomicInteger();
    long intervalNs = TimeUnit.SECONDS.toNanos(1) / command.ratePerSecond();
    ScheduledFuture<?> pace = clock.scheduleAtFixedRate(() -> {
      String target = command.targets().get(number.getAndIncrement() % command.targets().size());
      inFlight.register();
      startCall(target, command, tally).addListener(inFlight::arriveAndDeregister, MoreExecutors.directExecutor());
    }, 0, intervalNs, TimeUnit.NANOSECONDS);
    ScheduledFuture<?> report = clock.scheduleAtFixedRate(
        () -> tally.emit(output, command.id(), "tally"), TALLY_INTERVAL_MS, TALLY_INTERVAL_MS, TimeUnit.MILLISECONDS);
    loads.put(command.id(), new Load(pace, report, () -> {
      inFlight.arriveAndAwaitAdvance();
      tally.emit(output, command.id(), "done");
    }));
  }

  private void stop(Command command) {
    Load load = loads.remove(command.id());
    if (load == null) return;
    load.pace().cancel(false);
    load.report().cancel(false);
    background.execute(load.finish());
  }

  private void handle(Command command) {
    switch (command.cmd()) {
      case "connect" -> connect(command);
      case "call" -> background.execute(() -> call(command));
      case "load" -> load(command);
      case "stop" -> stop(command);
      case "quit" -> System.exit(0);
      default -> output.emit(Map.of("id", command.id(), "event", "error", "message", "unknown command " + command.cmd()));
    }
  }

  public static void main(String[] args) throws Exception {
    Client client = new Client(new Echo(Path.of(System.getenv("INTEROP_ECHO_DESCRIPTORS"))));
    Server status = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
        .addService(CsdsService.newInstance())
        .build()
        .start();
    client.output.emit(Map.of(
        "event", "ready",
        "client", "grpc-java " + Channel.class.getPackage().getImplementationVersion(),
        "csds", "127.0.0.1:" + status.getPort()));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    Gson gson = new Gson();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      client.handle(gson.fromJson(line, Command.class));
    }
    System.exit(0);
  }
}
