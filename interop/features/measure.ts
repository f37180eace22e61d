import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { ClientProcess } from '../driver/client-process.ts';
import { echoDescriptors } from '../driver/echo-descriptors.ts';
import type { MatrixClient } from './clients.ts';
import type { Feature, Finding, Verdict } from './features.ts';
import { FeatureServer } from './server.ts';
import { Session } from './session.ts';

/** One client and one feature. */
export interface FeatureCell {
  readonly client: string;
  readonly feature: string;
  readonly verdict: Verdict;
  readonly seen: string;
}

/** What was measured, as docs/clients-matrix.json has it. */
export interface ClientsMatrix {
  readonly schemaVersion: 1;
  readonly measuredOn: string;
  /** As the programs themselves say. */
  readonly clients: readonly { readonly id: string; readonly name: string }[];
  readonly features: readonly { readonly id: string; readonly title: string; readonly how: string }[];
  readonly cells: readonly FeatureCell[];
}

/** Measures features one after the other with each client. */
export async function measureClients(
  clients: readonly MatrixClient[],
  features: readonly Feature[],
  onProgress: (line: string) => void = () => {},
): Promise<ClientsMatrix> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-features-'));
  const descriptors = join(folder, 'echo.binpb');
  writeFileSync(descriptors, echoDescriptors());
  const server = await FeatureServer.start();
  try {
    const known: { id: string; name: string }[] = [];
    const cells: FeatureCell[] = [];
    for (const feature of features) server.publish(feature);
    for (const { id, launch } of clients) {
      onProgress(`${id}: starting`);
      const process = await ClientProcess.start(id, {
        ...launch,
        env: { ...launch.env, ...envOf(id, server, descriptors) },
      });
      known.push({ id, name: process.client });
      try {
        for (const feature of features) {
          const { verdict, seen } = await measureOne(process, server, id, feature);
          onProgress(`${id}: ${feature.id}: ${verdict}, ${seen}`);
          cells.push({ client: id, feature: feature.id, verdict, seen });
        }
      } finally {
        await process.quit();
      }
    }
    return {
      ...{ schemaVersion: 1, measuredOn: new Date().toISOString().slice(0, 10), clients: known },
      ...{ features: features.map(({ id, title, how }) => ({ id, title, how })), cells },
    };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function envOf(id: string, server: FeatureServer, descriptors: string): Record<string, string> {
  const bootstrap = {
    ...clientBootstrap({ server: server.address, nodeId: id, namespace: 'default' }, {}),
    authorities: {
      names: { client_listener_resource_name_template: 'xdstp://names/envoy.config.listener.v3.Listener/%s' },
      errors: {
        client_listener_resource_name_template: 'xdstp://errors/envoy.config.listener.v3.Listener/%s',
        xds_servers: [
          { server_uri: server.refusing, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] },
        ],
      },
    },
  };
  return {
    ...{ INTEROP_ECHO_DESCRIPTORS: descriptors, INTEROP_RETRIES: 'yes' },
    GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap),
  };
}

async function measureOne(
  process: ClientProcess,
  server: FeatureServer,
  id: string,
  feature: Feature,
): Promise<Finding> {
  const over = new AbortController();
  const rejected = async (): Promise<Finding> => {
    for (;;) {
      const words = server.rejection(id, feature.id);
      if (words !== undefined) return { verdict: 'rejected', seen: words.slice(0, 160) };
      await sleep(100, undefined, { signal: over.signal });
    }
  };
  const refusal = rejected();
  refusal.catch(() => {});
  const measured = feature
    .measure(new Session(process, server, id, feature.id))
    .catch((thrown: Error): Finding => ({ verdict: 'accepted', seen: `calls fail: ${thrown.message.slice(0, 60)}` }));
  const finding = await Promise.race([measured, refusal]);
  over.abort();
  return finding;
}
