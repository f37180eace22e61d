package evenkeel.conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Lets the conformance suite set what a server of java-control-plane serves: a snapshot for each node, in its SimpleCache.
 * With {@code --fill-node} requests that do not say who the client is are made to.
 */
public final class Driver {
  private static final String POM = "/META-INF/maven/io.envoyproxy.controlplane/server/pom.properties";
  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  private final SimpleCache<String> cache = new SimpleCache<>(Node::getId);
  private final Map<String, Served> nodes = new HashMap<>();
  private int changes;

  public static void main(String[] args) throws IOException {
    Driver driver = new Driver();
    boolean fillsNode = List.of(args).contains("--fill-node");
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new V3DiscoveryServer(driver.cache).getAggregatedDiscoveryServiceImpl());
    if (fillsNode) builder.intercept(new NodeFiller());
    Server server = builder.build().start();
    String name = "java-control-plane " + version() + (fillsNode ? ", node filled in" : "");
    say(Map.of("ok", true, "server", "127.0.0.1:" + server.getPort(), "name", name));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      try {
        driver.take(GSON.fromJson(line, Change.class));
        say(Map.of("ok", true));
      } catch (IOException | RuntimeException error) {
        say(Map.of("error", error.toString()));
      }
    }
    server.shutdownNow();
    System.exit(0);
  }

  private static void say(Map<String, ?> answer) {
    System.out.println(GSON.toJson(answer));
  }

  private static String version() throws IOException {
    Properties properties = new Properties();
    try (var stream = Driver.class.getResourceAsStream(POM)) {
      properties.load(stream);
    }
    return properties.getProperty("version");
  }

  private void take(Change change) throws InvalidProtocolBufferException {
    changes += 1;
    String version = Integer.toString(changes);
    Served served = nodes.computeIfAbsent(change.node, node -> new Served(version));
    for (Resource one : change.set) served.typed(one.typeUrl).set(one, version);
    for (Resource one : change.remove) served.typed(one.typeUrl).remove(one, version);
    cache.setSnapshot(change.node, served.snapshot());
  }

  /** What one node is served. A change bumps the version of the types that it touches, and no other. */
  private static final class Served {
    private final Typed<Cluster> clusters;
    private final Typed<ClusterLoadAssignment> endpoints;
    private final Typed<Listener> listeners;
    private final Typed<RouteConfiguration> routes;
    private final Typed<Secret> secrets;

    Served(String version) {
      clusters = new Typed<>(Cluster.parser(), version);
      endpoints = new Typed<>(ClusterLoadAssignment.parser(), version);
      listeners = new Typed<>(Listener.parser(), version);
      routes = new Typed<>(RouteConfiguration.parser(), version);
      secrets = new Typed<>(Secret.parser(), version);
    }

    Typed<?> typed(String typeUrl) {
      return switch (typeUrl.substring(typeUrl.lastIndexOf('.') + 1)) {
        case "Cluster" -> clusters;
        case "ClusterLoadAssignment" -> endpoints;
        case "Listener" -> listeners;
        case "RouteConfiguration" -> routes;
        case "Secret" -> secrets;
        default -> throw new IllegalArgumentException("no such type: " + typeUrl);
      };
    }

    Snapshot snapshot() {
      return Snapshot.create(
          clusters.all(), clusters.version,
          endpoints.all(), endpoints.version,
          listeners.all(), listeners.version,
          routes.all(), routes.version,
          secrets.all(), secrets.version);
    }
  }

  private static final class Typed<T extends Message> {
    private final Parser<T> parser;
    private final Map<String, T> resources = new LinkedHashMap<>();
    private String version;

    Typed(Parser<T> parser, String version) {
      this.parser = parser;
      this.version = version;
    }

    void set(Resource one, String version) throws InvalidProtocolBufferException {
      resources.put(one.name, parser.parseFrom(ByteString.copyFrom(Base64.getDecoder().decode(one.value))));
      this.version = version;
    }

    void remove(Resource one, String version) {
      resources.remove(one.name);
      this.version = version;
    }

    /** A snapshot keeps what it is given. */
    List<T> all() {
      return new ArrayList<>(resources.values());
    }
  }

  private static final class Change {
    String node;
    List<Resource> set;
    List<Resource> remove;
  }

  private static final class Resource {
    String typeUrl;
    String name;
    String value;
  }
}
