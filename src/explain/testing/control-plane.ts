import type { TestContext } from 'node:test';
import { AdsTestClient } from '@evenkeel/xds';
import { formatAddress } from '../../base/listen-address.ts';
import { startAdminServer } from '../../controlplane/admin-server.ts';
import { ControlPlane, type ControlPlaneOptions } from '../../controlplane/control-plane.ts';
import { logCapture } from '../../controlplane/testing/log-capture.ts';
import { ToldSource } from '../../controlplane/testing/told-source.ts';

/** A control plane that listens, with an admin server and a source that the test speaks for. */
export async function startControlPlane(t: TestContext, options: Partial<ControlPlaneOptions> = {}) {
  const discovery = new ToldSource();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'told', discovery }],
    health: { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 },
    clusterDomain: 'cluster.local',
    version: '1.2.3',
    log: logCapture().log,
    ...options,
  });
  const xds = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  const admin = await startAdminServer({ host: '127.0.0.1', port: 0 }, controlPlane);
  t.after(() => admin.close());
  return {
    controlPlane,
    tell: discovery.tell,
    discovery,
    xds: formatAddress(xds.host, xds.port),
    admin: formatAddress(admin.host, admin.port),
    /** Ends its admin server before the test is over. */
    close: () => admin.close(),
    /** A client of a name, in a namespace. */
    connect: async (id: string, namespace = 'shop', metadata: Record<string, string> = {}) => {
      const node = { id, metadata: { namespace, ...metadata }, userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
      const client = await AdsTestClient.connect(`http://${formatAddress(xds.host, xds.port)}`, { node });
      t.after(() => client.close());
      return client.sotw();
    },
  };
}
