import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * A server that is not evenkeel's: grpc-java with its own health service. One file, which `java` compiles as it starts; the
 * first argument is MaxConnectionAge and the second its grace, in milliseconds.
 */
public final class AgeingServer {
  public static void main(String[] args) throws Exception {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("", ServingStatus.SERVING);
    Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
        .maxConnectionAge(Long.parseLong(args[0]), TimeUnit.MILLISECONDS)
        .maxConnectionAgeGrace(Long.parseLong(args[1]), TimeUnit.MILLISECONDS)
        .addService(health.getHealthService())
        .build()
        .start();
    System.out.println("{\"address\":\"127.0.0.1:" + server.getPort() + "\"}");
    server.awaitTermination();
  }
}
