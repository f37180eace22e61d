import type { Discovery, DiscoveryObserver, Unserved } from '../../discovery/discovery.ts';
import { type Endpoint, nowhere } from '../../model/endpoint.ts';
import type { Service } from '../../model/service.ts';

/** A source that tells what the test says, when it says it. */
export class ToldSource implements Discovery {
  readonly kind = 'file';
  tell!: DiscoveryObserver;
  /** What it may not see. */
  forbidden: readonly Unserved[] = [];

  unserved(): readonly Unserved[] {
    return this.forbidden;
  }

  async start(observer: DiscoveryObserver): Promise<void> {
    this.tell = observer;
  }

  async stop(): Promise<void> {}
}

/** An endpoint that is ready. */
export function readyEndpoint(address: string, port = 50051): Endpoint {
  return { address, port, conditions: { ready: true, serving: true, terminating: false }, locality: nowhere };
}

/** A Service with one gRPC port. */
export function grpcService(id: string, endpoints: readonly Endpoint[], more: Partial<Service> = {}): Service {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace, name, ports: [{ port: 50051, name: 'grpc', endpoints }], policy: {}, ...more };
}
