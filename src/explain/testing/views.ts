import type { ExplainedEndpoint } from '../../controlplane/explain-port.ts';
import type { ExplainView } from '../../controlplane/explain-view.ts';

/** What a control plane says of a target whose endpoints are in these states. */
export function explainViewOf(endpoints: readonly ExplainedEndpoint[], more: Partial<ExplainView> = {}): ExplainView {
  const states = Map.groupBy(endpoints, ({ state }) => state);
  return {
    ...{ version: '1.2.3', asOf: 'now', ready: true, reasons: [], degraded: [] },
    ...{ target: 'orders.shop', namespace: 'default', malformed: null, notServed: null, forbidden: null, similar: [] },
    service: {
      ...{ namespace: 'shop', name: 'orders', rejected: null, problems: [], portNames: ['50051 (grpc)'], noPort: null },
      port: {
        ...{ port: 50051, name: 'grpc', isGrpc: true, isChosen: false, rule: 'healthy', because: 'ready endpoints' },
        total: endpoints.length,
        states: Object.fromEntries([...states].map(([state, all]) => [state, all.length])),
        endpoints,
      },
    },
    ...{ connected: 1, asking: 1, clients: [], named: [] },
    ...more,
  };
}

/** An endpoint in a state. */
export function endpointOf(pod: string, state: ExplainedEndpoint['state'], why = 'gets calls'): ExplainedEndpoint {
  return { address: '10.0.0.1:50051', pod, kubeNode: null, zone: '', state, why };
}
