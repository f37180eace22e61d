/**
 * `@evenkeel/xds`: an xDS control plane as a library. Resources are encoded once and cached in {@link SnapshotCache};
 * {@link AdsServer} serves them to gRPC clients and Envoy.
 *
 * @packageDocumentation
 */

export { type AssignmentSpec, buildAssignment, type EndpointSpec, type LocalitySpec } from './builders/assignment.ts';
export {
  buildEdsCluster,
  type EdsClusterSpec,
  http2ProtocolOptions,
  httpProtocolOptionsName,
  type OutlierDetectionSpec,
} from './builders/cluster.ts';
export type { HttpConnectionManagerSpec, HttpFilterSpec, RouteSource } from './builders/http-connection-manager.ts';
export { type ApiListenerSpec, buildApiListener } from './builders/listener.ts';
export type { LoadBalancingPolicySpec } from './builders/load-balancing-policy.ts';
export {
  buildRoute,
  type HeaderMatchSpec,
  type RetrySpec,
  type RouteMatchSpec,
  type RouteRuleSpec,
  type RouteSpec,
  type VirtualHostSpec,
  type WeightedClusterSpec,
} from './builders/route.ts';
export { buildSocketListener, type SocketListenerSpec } from './builders/socket-listener.ts';
export type { Inconsistency } from './cache/consistency.ts';
export type { ResourceKey } from './cache/layer.ts';
export { referencesOf } from './cache/references.ts';
export {
  type CacheUpdate,
  type LayerOptions,
  type Snapshot,
  SnapshotCache,
  type SnapshotCacheOptions,
} from './cache/snapshot-cache.ts';
export type { ResourceView } from './cache/view.ts';
export type { CacheChange, CacheObserver, XdsCache } from './cache/xds-cache.ts';
export { ClientStatusService, type ClientStatusServiceOptions } from './client-status/client-status-service.ts';
export { ResourceError } from './errors.ts';
export { type CallHandler, type CallStatus, ServerCall } from './grpc/call.ts';
export { type GrpcStatusCode, grpcStatus } from './grpc/codes.ts';
export { frameMessage } from './grpc/message-reader.ts';
export {
  dismissalMessage,
  type MethodLimits,
  streamingMethod,
  type TypedCall,
  type TypedHandler,
  unaryMethod,
} from './grpc/methods.ts';
export { GrpcRouter, type GrpcRouterOptions, type MethodHandler } from './grpc/router.ts';
export { GrpcError } from './grpc/status.ts';
export type { GrpcConnection, GrpcStream, Peer } from './grpc/transport.ts';
export type { Fault, FaultReason } from './http2/fault.ts';
export { defaultLimits, type XdsLimits } from './limits.ts';
export {
  type ClusterLoad,
  defaultLoadReportLimits,
  type LoadReport,
  type LoadReportLimits,
  type LoadStreamInfo,
  type LocalityLoad,
  type ReportedLocality,
} from './load-reports/load-report.ts';
export {
  LoadReportService,
  type LoadReportServiceOptions,
  loadReportPath,
} from './load-reports/load-report-service.ts';
export { type Account, noAccount } from './memory/account.ts';
export {
  type AccountHolder,
  ConnectionAccount,
  defaultMemoryLimits,
  MemoryBudget,
  type MemoryLimits,
} from './memory/memory-budget.ts';
export type { XdsNode } from './node.ts';
export { checkPortable } from './profile/check-portable.ts';
export { type EncodedResource, encodeResource, fromAny, type ResourceOptions, typeUrlOf } from './resource.ts';
export { type Listening, listenOnQueues } from './server/accept-queues.ts';
export { AdsServer, http2ServerOptions } from './server/ads-server.ts';
export type { AdsServerOptions } from './server/ads-server-options.ts';
export type {
  ClientResource,
  ClientStatus,
  RejectionStatus,
  ResourceState,
  TypeStatus,
} from './server/client-status.ts';
export { adsDeltaPath, adsSotwPath, type DiscoveryMethod, discoveryMethods } from './server/discovery-methods.ts';
export type { ListenAddress } from './server/listen-address.ts';
export type { Refusal, RequestInfo, StreamInfo, XdsObserver } from './server/observer.ts';
export type { ResourceErrorDetail, ResourceErrors } from './stream/resource-errors.ts';
export type { Variant } from './stream/response-encoder.ts';
export type { ResourceFilter } from './stream/restricted-view.ts';
export { AdsTestClient, type AdsTestClientOptions } from './test-client/ads-test-client.ts';
export type { DeltaFields, DeltaSubscription, DeltaTestStream } from './test-client/delta-test-stream.ts';
export { type EndStatus, GrpcTestStream } from './test-client/grpc-stream.ts';
export type { SotwFields, SotwTestStream } from './test-client/sotw-test-stream.ts';
export type { ReceivedResource, ReceivedResponse, TestStream } from './test-client/test-stream.ts';
export { HandshakeTurns } from './transport/handshake-turns.ts';
export { defaultHttp2Limits, type Http2Limits, type Rate } from './transport/limits.ts';
export { typeUrls } from './type-urls.ts';
