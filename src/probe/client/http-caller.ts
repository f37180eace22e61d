import { promises as dns } from 'node:dns';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { LookupFunction } from 'node:net';
import { formatAddress } from '../../base/listen-address.ts';
import type { Caller, Outcome } from './caller.ts';
import { podHeader, runHeader } from './headers.ts';
import type { ClientConfig } from './protocol.ts';

/** A longer answer is cut off there: only the name of the backend is wanted. */
const maxBodyBytes = 64 * 1024;

/** Resolves by the server that `EVENKEEL_DNS` names, as a pod's resolver would; undefined: the system's resolver. */
function lookupBy(server: string | undefined): LookupFunction | undefined {
  if (server === undefined || server === '') return undefined;
  const resolver = new dns.Resolver();
  resolver.setServers([server]);
  return (hostname, options, callback) => {
    resolver.resolve4(hostname).then(
      (addresses) => {
        if (options.all === true) {
          callback(
            null,
            addresses.map((address) => ({ address, family: 4 })),
          );
        } else callback(null, addresses[0]!, 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };
}

/** GETs the target URL: with a connection for every call, or with a single one that is kept alive. */
export function openHttpCaller({ scheme, target }: ClientConfig): Caller {
  const agent =
    scheme.connections === 'new' ? new Agent({ keepAlive: false }) : new Agent({ keepAlive: true, maxSockets: 1 });
  const lookup = lookupBy(process.env.EVENKEEL_DNS);
  return {
    // Nothing to prepare: the warm-up calls open the connection that is kept.
    connect: async () => {},
    call: (run, deadlineMs) => get(new URL(target), { agent, lookup, run, deadlineMs }),
    close: () => agent.destroy(),
  };
}

interface Get {
  readonly agent: Agent;
  readonly lookup: LookupFunction | undefined;
  readonly run: string;
  readonly deadlineMs: number;
}

function get(url: URL, { agent, lookup, run, deadlineMs }: Get): Promise<Outcome> {
  return new Promise((resolve) => {
    let peer: string | undefined;
    const signal = AbortSignal.timeout(deadlineMs);
    const fail = (error: NodeJS.ErrnoException): void => {
      const status = signal.aborted ? 'DEADLINE_EXCEEDED' : (error.code ?? 'UNKNOWN');
      resolve({ status, peer, error: error.message });
    };
    const outgoing = request(
      url,
      { agent, signal, headers: { [runHeader]: run }, ...(lookup !== undefined && { lookup }) },
      (answer) => {
        const { remoteAddress, remotePort } = answer.socket;
        if (remoteAddress !== undefined && remotePort !== undefined) peer = formatAddress(remoteAddress, remotePort);
        readBody(answer).then((body) => {
          const pod = identify(answer, body);
          const status = answer.statusCode === 200 ? 'OK' : `HTTP_${answer.statusCode}`;
          resolve({ status, pod, peer });
        }, fail);
      },
    );
    outgoing.once('error', fail);
    outgoing.end();
  });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (size < maxBodyBytes) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString();
}

/** The header, else the field `hostname` of a JSON answer. */
function identify(answer: IncomingMessage, body: string): string | undefined {
  const header = answer.headers[podHeader];
  if (typeof header === 'string' && header !== '') return header;
  try {
    const { hostname } = JSON.parse(body) as { hostname?: unknown };
    return typeof hostname === 'string' && hostname !== '' ? hostname : undefined;
  } catch {
    return undefined;
  }
}
