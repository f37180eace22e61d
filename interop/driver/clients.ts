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

const languages = ['go', 'java', 'python', 'node'] as const;
type Language = (typeof languages)[number];

export type ClientId = Language | `${Language}-oldest` | 'rust' | 'envoy-sotw' | 'envoy-delta';

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

/** The client of a language, of the pinned version or of the oldest one. */
function clientOf(language: Language, age: '' | '-oldest' = ''): ClientKind {
  const id = `${language}${age}` as const;
  const folder = join(built, id);
  if (language === 'go') return grpcClient(id, join(folder, 'client'), launches.go(folder));
  if (language === 'java') return grpcClient(id, join(folder, 'lib'), launches.java(folder));
  if (language === 'python') return grpcClient(id, join(folder, 'grpc'), launches.python(folder));
  if (age === '') return grpcClient(id, root, launches.node());
  const program = join(folder, 'interop', 'node', 'client.ts');
  return grpcClient(id, join(folder, 'node_modules'), launches.node(program));
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
  ...languages.map((language) => clientOf(language)),
  envoyClient('envoy-sotw', 'sotw'),
  envoyClient('envoy-delta', 'delta'),
];

const rustProgram = join(built, 'rust', 'release', 'interop-rust');

/** tonic-xds, which shows nothing of its own state: only rust/tonic.spec.ts has it. */
export const rustKind = grpcClient('rust', rustProgram, launches.rust(rustProgram));

/** The oldest that get each endpoint as a locality (src/controlplane/client-form.ts); only tests of load reports have them. */
export const oldestKinds: readonly ClientKind[] = languages.map((language) => clientOf(language, '-oldest'));
