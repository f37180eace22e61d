import { addAbortSignal, PassThrough } from 'node:stream';
import { parseDocumentText } from '../base/document.ts';
import { ToldServices } from '../discovery/changes.ts';
import type { Discovery } from '../discovery/discovery.ts';
import { endpointsSchema } from '../discovery/file/endpoints-schema.ts';
import { servicesOf } from '../discovery/file/services.ts';
import { KubernetesDiscovery } from '../discovery/kubernetes/kubernetes-discovery.ts';

/** The one Service of a rehearsal. */
export const rehearsed = { namespace: 'default', name: 'rehearsal', port: 1 } as const;
const endpoints = 100;

/** A source that is in memory: whatever makes a Service of what a file, or an API server, says is the real one's. */
export interface RehearsedSource {
  readonly discovery: Discovery;
  /** Gives the Service other endpoints. */
  change(number: number): void;
}

/** An endpoint file that is read but lies nowhere. */
export function rehearsedFile(): RehearsedSource {
  const read = (change: number): ReturnType<typeof servicesOf> => {
    const { name, port } = rehearsed;
    const services = [{ name, ports: [{ port }], endpoints: addresses(change).map((address) => ({ address })) }];
    const text = JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services });
    return servicesOf(parseDocumentText(text, endpointsSchema, 'rehearsal.json'));
  };
  let told: ToldServices | undefined;
  return {
    discovery: {
      kind: 'file',
      start: async (observer) => {
        told = new ToldServices(observer);
        told.replaceAll(read(0));
        observer.synced();
      },
      stop: async () => {},
    },
    change: (number) => told?.replaceAll(read(number)),
  };
}

/** An API server that answers what is asked of it, and events of its watch. */
export function rehearsedSlices(): RehearsedSource {
  const events = new PassThrough();
  const isOfSlices = (path: string): boolean => path.includes('endpointslices');
  const client = {
    json: async (path: string) => ({
      metadata: { resourceVersion: '1' },
      items: [isOfSlices(path) ? slice(0) : service],
    }),
    stream: async (path: string, _target: unknown, signal: AbortSignal) =>
      addAbortSignal(signal, isOfSlices(path) ? events : new PassThrough()),
  };
  return {
    discovery: new KubernetesDiscovery({ client, env: {} }),
    change: (number) => void events.write(`${JSON.stringify({ type: 'MODIFIED', object: slice(number) })}\n`),
  };
}

/** The first one is another after each change. */
function addresses(change: number): string[] {
  return Array.from({ length: endpoints }, (_, index) =>
    index === 0 ? `127.2.0.${(change % 250) + 1}` : `127.3.0.${index}`,
  );
}

const { namespace, name, port } = rehearsed;
const ports = [{ port, protocol: 'TCP', targetPort: port }];
const service = {
  metadata: { namespace, name, resourceVersion: '1' },
  spec: { clusterIP: '10.0.0.1', type: 'ClusterIP', ports },
};

function slice(change: number): object {
  return {
    metadata: {
      namespace,
      name: `${name}-1`,
      resourceVersion: String(change + 1),
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports,
    endpoints: addresses(change).map((address) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'rehearsal',
      targetRef: { kind: 'Pod', namespace, name: address },
    })),
  };
}
