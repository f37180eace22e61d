import type { ClientTlsFiles } from '../../src/bootstrap/client-tls.ts';
import type { ClientProcess } from './client-process.ts';
import type { ClientResource } from './client-status.ts';
import type { ClientId } from './clients.ts';

/** Id by which the control plane knows a client. */
export function nodeIdOf(id: ClientId): string {
  return `interop-${id}`;
}

/** What a client needs to know of the world it is put in. */
export interface Surroundings {
  /** A folder for its files. */
  readonly folder: string;
  /** Path of the descriptor set of echo.EchoServer. */
  readonly descriptors: string;
  /** `HOST:PORT` of the control plane. */
  readonly xdsAddress: string;
  /** Where a client that is a gateway listens, by its id: `HOST:PORT`. */
  readonly gateways: ReadonlyMap<ClientId, string>;
  /** The zone that it is in; default: none is said. */
  readonly zone?: string | undefined;
  /** Whether an Envoy is to report its load, as gRPC clients do where they are asked; default false. */
  readonly loadReports?: boolean | undefined;
  /** Whether the bootstrap of a gRPC client says that it reads `resource_errors`; default false. */
  readonly resourceErrors?: boolean | undefined;
  /** Further variables of the environment of a gRPC client. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The client's files, where the control plane is served with TLS. */
  readonly tls?: ClientTlsFiles | undefined;
}

/** A client that runs, be it a gRPC library or Envoy with a plain client in front. */
export interface LiveClient {
  readonly id: ClientId;
  /** Name and version. */
  readonly version: string;
  /** The program that makes the calls. */
  readonly process: ClientProcess;
  /** Whether its own view names what it asked for and has not got (gRPC's CSDS does, Envoy's dump does not). */
  readonly showsRequests: boolean;
  /** Its own view of its xDS resources. */
  status(): Promise<ClientResource[]>;
  stop(): Promise<void>;
}
