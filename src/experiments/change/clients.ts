import { EvenkeelError } from '../../base/errors.ts';
import { findGoClient, type GoClient, howToGetGoClient } from '../../probe/client/find-go-client.ts';
import { type SchemeId, schemes } from '../../probe/index.ts';

/** gRPC clients that experiments have, in the order of the table. */
const grpcClients = ['grpc-js', 'grpc-go'] as const;
export type GrpcClient = (typeof grpcClients)[number];

/** One row: who calls in which way. */
export interface Caller {
  readonly scheme: SchemeId;
  readonly client: GrpcClient | 'http';
}

/**
 * Parses `grpc-js,grpc-go`; order and duplicates do not matter.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseClients(text = 'grpc-js'): GrpcClient[] {
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !(grpcClients as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new EvenkeelError('EK_USAGE', `there is no client "${unknown}"`, {
      field: '--clients',
      hint: `Known clients: ${grpcClients.join(', ')}.`,
    });
  }
  return grpcClients.filter((name) => wanted.includes(name));
}

/** Every row's caller: gRPC schemes once a client, the others once. */
export function callersOf(wanted: readonly SchemeId[], clients: readonly GrpcClient[]): Caller[] {
  return wanted.flatMap((scheme): Caller[] =>
    schemes[scheme].protocol === 'http' ? [{ scheme, client: 'http' }] : clients.map((client) => ({ scheme, client })),
  );
}

/** The grpc-go client, why there is none, or undefined where none is wanted. */
export type GoChoice = GoClient | { readonly missing: string } | undefined;

/** @throws EvenkeelError `EK_GO_CLIENT_MISSING`, `EK_USAGE` ({@link findGoClient}) */
export async function chooseGoClient(callers: readonly Caller[]): Promise<GoChoice> {
  if (!callers.some(({ client }) => client === 'grpc-go')) return undefined;
  return (await findGoClient()) ?? { missing: `There is no grpc-go client. ${howToGetGoClient}` };
}

/** `{"grpc-go": VERSION}` where there is one. */
export function versionOf(goClient: GoChoice): Record<string, string> {
  return goClient !== undefined && 'version' in goClient ? { 'grpc-go': goClient.version } : {};
}
