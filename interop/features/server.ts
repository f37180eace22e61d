import { fromBinary } from '@bufbuild/protobuf';
import {
  AdsServer,
  buildApiListener,
  buildAssignment,
  buildEdsCluster,
  buildRoute,
  type EncodedResource,
  encodeResource,
  SnapshotCache,
} from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { formatAddress } from '../../src/base/listen-address.ts';
import type { Feature } from './features.ts';
import { type HeardCluster, HeardReports } from './heard-reports.ts';
import { type PodName, Pods } from './pods.ts';
import { startRefusing } from './refusing-server.ts';

/** Clients look each half second, and eject a pod that fails half of its calls. */
const outlierDetection = {
  ...{ intervalMs: 500, baseEjectionMs: 30_000, maxEjectionMs: 30_000, maxEjectionPercent: 50 },
  ...{ failurePercent: 50, minimumHosts: 2, requestVolume: 5 },
};

/** Name of a listener as the authority `names` has it. */
const xdstpName = (feature: string): string => `xdstp://names/envoy.config.listener.v3.Listener/${feature}`;

/** The control plane of the matrix: it sends what a feature needs, and listens to what clients say of it. */
export class FeatureServer {
  readonly pods: Pods;
  /** `HOST:PORT` */
  readonly address: string;
  /** `HOST:PORT` of the one that answers with an error. */
  readonly refusing: string;
  readonly #cache: SnapshotCache;
  readonly #close: () => Promise<void>;
  readonly #nacks: { readonly node: string; readonly message: string }[];
  readonly #reports: HeardReports;
  readonly #variants: Map<string, Set<string>>;

  static async start(): Promise<FeatureServer> {
    const pods = await Pods.start();
    const cache = new SnapshotCache();
    const nacks: { node: string; message: string }[] = [];
    const reports = new HeardReports();
    const variants = new Map<string, Set<string>>();
    const server = new AdsServer({
      cache,
      observer: {
        request: ({ node, variant }) => void variants.set(node.id, (variants.get(node.id) ?? new Set()).add(variant)),
        nack: ({ node }, { message }) => nacks.push({ node: node.id, message }),
      },
    });
    reports.addTo(server.services);
    const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
    const refusing = await startRefusing();
    const close = async (): Promise<void> => {
      await server.close();
      refusing.close();
      pods.close();
    };
    const address = formatAddress(host, port);
    return new FeatureServer(pods, address, refusing.address, cache, close, nacks, reports, variants);
  }

  private constructor(
    pods: Pods,
    address: string,
    refusing: string,
    cache: SnapshotCache,
    close: () => Promise<void>,
    nacks: { readonly node: string; readonly message: string }[],
    reports: HeardReports,
    variants: Map<string, Set<string>>,
  ) {
    this.pods = pods;
    this.address = address;
    this.refusing = refusing;
    this.#cache = cache;
    this.#close = close;
    this.#nacks = nacks;
    this.#reports = reports;
    this.#variants = variants;
  }

  /** Publishes what a feature needs. */
  publish(feature: Feature): void {
    this.#cache.update({ set: this.#resourcesOf(feature) });
  }

  /** What a client said when it rejected something with this name; undefined: it did not. */
  rejection(nodeId: string, feature: string): string | undefined {
    return this.#nacks.find(({ node, message }) => node === nodeId && message.includes(feature))?.message;
  }

  /** What a client reported of a feature's cluster. */
  reported(nodeId: string, feature: string): HeardCluster | undefined {
    return this.#reports.of(nodeId, feature);
  }

  variantsOf(nodeId: string): string[] {
    return [...(this.#variants.get(nodeId) ?? [])];
  }

  close(): Promise<void> {
    return this.#close();
  }

  #resourcesOf({ id: name, sent }: Feature): EncodedResource[] {
    if (sent === undefined) return [];
    const {
      policies,
      localities,
      rule = {},
      reportLoad,
      reportMetrics,
      outlierDetection: ejects,
    } = sent((pod, more) => ({
      ...{ address: this.pods.addressOf(pod as PodName), port: this.pods.port },
      ...more,
    }));
    return [
      ...[name, xdstpName(name)].map((listener) => buildApiListener({ name: listener, routeName: name })),
      buildRoute({ name, rules: [{ ...rule, cluster: name }] }),
      reportingMetrics(
        buildEdsCluster({ name, policies, reportLoad, outlierDetection: ejects ? outlierDetection : undefined }),
        reportMetrics,
      ),
      buildAssignment({ clusterName: name, localities }),
    ];
  }
}

/** A cluster that also asks for these metrics of pods in load reports (`lrs_report_endpoint_metrics`). */
function reportingMetrics(cluster: EncodedResource, names: readonly string[] | undefined): EncodedResource {
  if (names === undefined) return cluster;
  return encodeResource(ClusterSchema, {
    ...fromBinary(ClusterSchema, cluster.bytes),
    lrsReportEndpointMetrics: [...names],
  });
}
