import { EchoServer } from '../../gen/echo/echo_pb.ts';
import { openEngine } from '../measure/open-engine.ts';
import type { Opened } from '../measure/opened.ts';
import { parseProbeOptions } from '../measure/options.ts';
import type { Scheme } from '../schemes/schemes.ts';
import { podHeader } from './headers.ts';
import type { ClientConfig } from './protocol.ts';

/** Loads what {@link openClient} needs, so that loading is no part of any measurement. */
export async function loadClient({ protocol, connections }: Scheme): Promise<void> {
  await (protocol === 'http' ? import('../measure/open-http.ts') : import('../measure/open-grpc.ts'));
  if (connections === 'xds') await import('@grpc/grpc-js-xds');
}

/**
 * Connects the client of a scheme: `evenkeel probe` with what that scheme is. Calls are not named by run yet.
 *
 * @throws EvenkeelError `EK_PROBE_UNREACHABLE` after `withinMs`; HTTP: at once
 */
export async function openClient(config: ClientConfig, withinMs: number): Promise<Opened> {
  const { scheme, target, channelOptions, retries = false } = config;
  const time = `${withinMs}ms`;
  const options = parseProbeOptions(
    target,
    scheme.protocol === 'http'
      ? { deadline: time, ...(scheme.connections === 'new' ? { newConnections: true } : { connections: '1' }) }
      : {
          ...{ connectTimeout: time, method: `${EchoServer.typeName}/SayHello`, data: '{"name":"evenkeel"}' },
          ...policyOf(scheme),
        },
  );
  const own = { service: EchoServer, channelOptions, retries };
  const opened = await openEngine({ ...options, own }, new AbortController().signal);
  opened.engine.identifyBy({ from: 'header', name: podHeader, orField: 'hostname' });
  return opened;
}

function policyOf({ policy }: Scheme): { readonly policy?: string } {
  return policy === undefined ? {} : { policy };
}
