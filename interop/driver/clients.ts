import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEnvoy, howToGetEnvoy } from '../../src/base/find-envoy.ts';
import type { Launch } from './client-process.ts';
import { launches } from './launches.ts';
import type { LiveClient, Surroundings } from './live-client.ts';
import { startEnvoyClient } from './start-envoy-client.ts';
import { startGrpcClient } from './start-grpc-client.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = join(root, 'build', 'interop');

export type ClientId = 'go' | 'java' | 'python' | 'node' | 'envoy-sotw' | 'envoy-delta' | 'python-oldest';

/** A client that the matrix knows. */
export interface ClientKind {
  readonly id: ClientId;
  /** It is a proxy, whose listener the control plane has to be told of. */
  readonly isGateway: boolean;
  /** Why it cannot run on this machine; undefined if it can. */
  missing(): Promise<string | undefined>;
  start(surroundings: Surroundings): Promise<LiveClient>;
}

/** A gRPC library: a program of ours in its language. `needs` is there once the part is installed. */
function grpcClient(id: ClientId, needs: string, launch: Launch): ClientKind {
  return {
    id,
    isGateway: false,
    missing: async () => (existsSync(needs) ? undefined : `not installed; node interop/install.mjs ${id} installs it`),
    start: (surroundings) => startGrpcClient(id, launch, surroundings),
  };
}

function pythonClient(id: 'python' | 'python-oldest'): ClientKind {
  return grpcClient(id, join(built, id, 'grpc'), launches.python(join(built, id)));
}

/** Envoy, asked through by a plain gRPC client. */
function envoyClient(id: ClientId, transport: 'sotw' | 'delta'): ClientKind {
  return {
    id,
    isGateway: true,
    missing: async () => ((await findEnvoy()) === undefined ? `no Envoy was found. ${howToGetEnvoy}` : undefined),
    start: (surroundings) => startEnvoyClient(id, transport, launches.node(), surroundings),
  };
}

/** Every client, in the order of the matrix. */
export const clientKinds: readonly ClientKind[] = [
  grpcClient('go', join(built, 'go', 'client'), launches.go(join(built, 'go'))),
  grpcClient('java', join(built, 'java', 'lib'), launches.java(join(built, 'java'))),
  pythonClient('python'),
  grpcClient('node', root, launches.node()),
  envoyClient('envoy-sotw', 'sotw'),
  envoyClient('envoy-delta', 'delta'),
];

/** The oldest that get each endpoint as a locality (src/controlplane/client-form.ts); only the tests of load reports have them. */
export const oldestKinds: readonly ClientKind[] = [pythonClient('python-oldest')];
