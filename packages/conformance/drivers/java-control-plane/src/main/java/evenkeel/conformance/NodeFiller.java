package evenkeel.conformance;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * Says in each request of a stream who the client is, as its first one did: java-control-plane looks for it in every one, and
 * the protocol has it in the first.
 */
final class NodeFiller implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      private Node node;

      @Override
      public void onMessage(Q message) {
        super.onMessage(filled(message));
      }

      @SuppressWarnings("unchecked")
      private Q filled(Q message) {
        if (message instanceof DiscoveryRequest request) {
          if (request.hasNode()) node = request.getNode();
          else if (node != null) return (Q) request.toBuilder().setNode(node).build();
        } else if (message instanceof DeltaDiscoveryRequest request) {
          if (request.hasNode()) node = request.getNode();
          else if (node != null) return (Q) request.toBuilder().setNode(node).build();
        }
        return message;
      }
    };
  }
}
