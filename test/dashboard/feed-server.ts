import { formatAddress } from '../../src/base/listen-address.ts';
import { startAdminServer } from '../../src/controlplane/admin-server.ts';
import type { Feed } from '../../src/feed/feed.ts';

/** The admin server with a page that shows what a feed says, and nothing else. */
export async function startFeedServer(feed: Feed): Promise<{ readonly admin: string; close(): Promise<void> }> {
  const server = await startAdminServer(
    { host: '127.0.0.1', port: 0 },
    {
      readiness: () => ({ ready: true, reasons: [], degraded: [] }),
      metrics: async () => ({ contentType: '', text: '' }),
      ...{ configDump: () => ({}), clients: () => ({}), explain: () => ({}) },
      feed,
    },
  );
  return { admin: formatAddress(server.host, server.port), close: () => server.close() };
}
