import type { ClientView } from '../../controlplane/client-view.ts';

/** A client that has acknowledged what it asks for. */
export function clientOf(
  id: string,
  more: Partial<ClientView> = {},
  node: Partial<ClientView['node']> = {},
): ClientView {
  return {
    stream: 1,
    protocol: 'sotw',
    peer: '10.0.0.1:40000',
    state: 'SYNCED',
    why: 'has acknowledged everything that it asks for',
    node: {
      id,
      namespace: 'shop',
      userAgent: 'gRPC Go 1.85.0',
      locality: { region: '', zone: '', subZone: '' },
      ...node,
    },
    types: [],
    missing: [],
    refusedNames: [],
    ...more,
  };
}
