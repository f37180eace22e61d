import type { TestContext } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { encodeResource, SnapshotCache, typeUrls } from '@evenkeel/xds';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { EvenkeelError } from '../../base/errors.ts';
import type { ControlPlaneOptions } from '../../controlplane/control-plane.ts';
import { grpcService, readyEndpoint } from '../../controlplane/testing/told-source.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Service } from '../../model/service.ts';
import { startControlPlane } from './control-plane.ts';

/** A fault, what somebody who has it dials, and how the first line that `explain` prints has to begin. */
export interface PlantedFault {
  readonly fault: string;
  readonly target: string;
  readonly says: RegExp;
  /** The client is not the one that the others are about: it never connected. */
  readonly isUnknownClient?: true;
  /** A second control plane, which stands still, is asked as well. */
  readonly isFrozenReplica?: true;
}

export const plantedFaults: readonly PlantedFault[] = [
  {
    fault: 'wrong name',
    target: 'xds:///ordres.shop',
    says: /^No Service shop\/ordres: did you mean xds:\/\/\/orders\.shop\?/,
  },
  {
    fault: 'wrong port',
    target: 'xds:///orders.shop:8080',
    says: /^Service shop\/orders has no port 8080; it has 50051 \(grpc\)\.$/,
  },
  {
    fault: 'wrong namespace',
    target: 'xds:///orders.test',
    says: /^No Service test\/orders: did you mean xds:\/\/\/orders\.shop\?/,
  },
  {
    fault: 'no ready pod',
    target: 'xds:///asleep.shop',
    says: /^No pod of shop\/asleep:50051 is ready: asleep-1 is not ready\.$/,
  },
  {
    fault: 'selector that matches nothing',
    target: 'xds:///unmatched.shop',
    says: /^shop\/unmatched:50051 has no endpoint: its selector matches no pod\.$/,
  },
  {
    fault: 'forbidden namespace',
    target: 'xds:///secret.vault',
    says: /^The control plane may not read the namespace of secret\.vault: /,
  },
  {
    fault: 'rejected resource',
    target: 'xds:///broken.shop',
    says: /^\S+ \(.+\) rejected endpoints \(shop\/broken:50051\) /,
  },
  {
    fault: 'client without bootstrap',
    target: 'xds:///orders.shop',
    says: /^No client called \S+ is connected: it has no xDS bootstrap, or\b/,
    isUnknownClient: true,
  },
  {
    fault: 'frozen replica',
    target: 'xds:///orders.shop',
    says: /^Control plane \S+ does not answer: no answer within \d\.\d s/,
    isFrozenReplica: true,
  },
  {
    fault: 'ejected pod',
    target: 'xds:///sick.shop',
    says: /^1 of 3 pods of shop\/sick:50051 gets no calls: sick-0 is ejected until\b/,
  },
];

/** What clients ask for beside their fault, as every one of these names is wrong in some way. */
export const plantedTargets: readonly string[] = [...new Set(plantedFaults.map(({ target }) => target))];

/** No client takes it: a priority that is out of range, and the only one. */
const rejectedByAll = encodeResource(
  ClusterLoadAssignmentSchema,
  create(ClusterLoadAssignmentSchema, {
    clusterName: 'shop/broken:50051',
    endpoints: [{ priority: 200, loadBalancingWeight: 1 }],
  }),
);

/**
 * A control plane in which all of these faults are at once.
 *
 * @param pods - those of `shop/orders`, which answer, and of `shop/sick`, the first of which fails every call
 */
export async function plantFaults(
  t: TestContext,
  pods: { readonly orders: readonly Endpoint[]; readonly sick: readonly Endpoint[] },
  options: Partial<ControlPlaneOptions> = {},
) {
  const update = SnapshotCache.prototype.update;
  t.mock.method(
    SnapshotCache.prototype,
    'update',
    function (this: SnapshotCache, change: Parameters<typeof update>[0]) {
      const isBroken = ({ typeUrl, name }: { typeUrl: string; name: string }): boolean =>
        typeUrl === typeUrls.endpoint && name === rejectedByAll.name;
      const set = [...(change.set ?? [])].map((resource) => (isBroken(resource) ? rejectedByAll : resource));
      update.call(this, { ...change, set });
    },
  );
  const started = await startControlPlane(t, { load: { reports: true, podLocalities: true }, ...options });
  const error = new EvenkeelError('EK_KUBE_FORBIDDEN', 'services is forbidden in the namespace vault');
  started.discovery.forbidden = [{ namespace: 'vault', error }];
  const asleep = { ready: false, serving: false, terminating: false };
  const named = (name: string, endpoints: readonly Endpoint[], more: Partial<Service> = {}) =>
    grpcService(
      `shop/${name}`,
      endpoints.map((endpoint, index) => ({ ...endpoint, pod: `${name}-${index}` })),
      more,
    );
  started.tell.upsert(named('orders', pods.orders));
  // It does not come back while it is asked about.
  started.tell.upsert(named('sick', pods.sick, { policy: { ejection: { baseMs: 600_000 } } }));
  started.tell.upsert(named('broken', pods.orders));
  started.tell.upsert(named('unmatched', []));
  started.tell.upsert(
    grpcService('shop/asleep', [{ ...readyEndpoint('127.0.0.1'), conditions: asleep, pod: 'asleep-1' }]),
  );
  started.tell.synced();
  await started.controlPlane.whenReady;
  /** Resolves with the first report of load after which it is so. */
  const when = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const end = started.controlPlane.observeLoad(() => {
        if (!isSo()) return;
        end();
        resolve();
      });
    });
  const isOut = (): boolean =>
    started.controlPlane
      .load()
      ?.services.find(({ name }) => name === 'sick')
      ?.pods.some(({ ejected }) => ejected !== null) ?? false;
  /** Resolves once the pod that fails is out. */
  const ejected = (): Promise<void> => when(isOut);
  return { ...started, when, ejected };
}
