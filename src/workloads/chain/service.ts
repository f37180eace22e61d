import type { MessageShape } from '@bufbuild/protobuf';
import type { FastifyRequest } from 'fastify';
import { Chain, Discovery, type GetResponseSchema } from '../../gen/chain/chain_pb.ts';
import { startGrpcServer } from '../grpc/server.ts';
import { startHttpServer } from '../http/server.ts';
import { StatusError } from '../pod/faults.ts';
import { traceHeaders } from '../pod/passed-on.ts';
import { createPod, type Pod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import { identityOf, type Protocol, type ServiceIdentity, type Via } from './discovery.ts';
import { NextHop } from './hop.ts';
import { type ChainSettings, type ServiceType, serviceNameOf } from './options.ts';

/** One pod that a call went through. */
interface Hop {
  readonly serviceType: string;
  readonly pod: string;
  readonly clientAddress: string;
  readonly traceHeaders: Readonly<Record<string, string>>;
}

/** What a call through the chain finds out. */
interface Passage {
  readonly identity: ServiceIdentity;
  readonly hops: readonly Hop[];
}

/**
 * The one program of system C, at one of three places in the chain A → B → C. `GET /` answers for itself, `GET /service`
 * goes to the end of the chain and answers what that says; `?via=dns|env` and `?protocol=http|grpc` choose the way.
 */
export function startChain(settings: ChainSettings, env: NodeJS.ProcessEnv = process.env): Promise<RunningWorkload> {
  const pod = createPod('service', settings, serviceNameOf(settings.serviceType));
  const next = new NextHop(pod, settings, env);
  const self = () => identityOf(settings.serviceType, env);
  const pass = passage(pod, settings, next, self);
  return runWorkload(pod, settings, {
    grpc: () =>
      startGrpcServer(pod, settings, { port: settings.grpcPort, field: '--grpc-port' }, Chain, {
        get: async ({ discovery }, { metadata, peer }) => {
          const via = discovery === Discovery.DNS ? 'dns' : 'env';
          const { identity, hops } = await pass(via, 'grpc', metadata, peer);
          return {
            serviceType: identity.SERVICE_TYPE,
            ...(identity.SERVICE_HOST === null ? {} : { serviceHost: identity.SERVICE_HOST }),
            ...(identity.SERVICE_PORT === null ? {} : { servicePort: identity.SERVICE_PORT }),
            hops: [...hops],
          };
        },
      }),
    http: () =>
      startHttpServer(pod, settings, {
        '/': self,
        '/service': (request) => {
          const [via, protocol] = wayOf(request);
          if (next.next === undefined) return self();
          if (protocol === 'http') return next.getJson('/service', { via }, via, request.headers);
          return next.getGrpc(via, request.headers).then(identityIn);
        },
        '/hops': (request) => pass(...wayOf(request), request.headers, peerOf(request)),
        '/client': (request) => ({
          pod: pod.name,
          node: env.NODE_NAME || null,
          client: peerOf(request),
          forwardedFor: request.headers['x-forwarded-for'] ?? null,
        }),
      }),
    close: () => next.close(),
  });

  function wayOf(request: FastifyRequest): [Via, Protocol] {
    const via = oneOf(request, 'via', ['env', 'dns']) ?? settings.via;
    return [via, oneOf(request, 'protocol', ['http', 'grpc']) ?? 'http'];
  }
}

type Pass = (via: Via, protocol: Protocol, received: FastifyRequest['headers'], peer: string) => Promise<Passage>;

/** Goes on to the next service, or answers at the end of the chain; this pod is the first hop either way. */
function passage(pod: Pod, settings: ChainSettings, next: NextHop, self: () => ServiceIdentity): Pass {
  return async (via, protocol, received, peer) => {
    const hop: Hop = {
      serviceType: settings.serviceType,
      pod: pod.name,
      clientAddress: peer,
      traceHeaders: traceHeaders(received),
    };
    if (next.next === undefined) return { identity: self(), hops: [hop] };
    if (protocol === 'grpc') {
      const answer = await next.getGrpc(via, received);
      const hops = answer.hops.map(({ serviceType, pod, clientAddress, traceHeaders }) => ({
        serviceType,
        pod,
        clientAddress,
        traceHeaders,
      }));
      return { identity: identityIn(answer), hops: [hop, ...hops] };
    }
    const answer = (await next.getJson('/hops', { via }, via, received)) as unknown as Passage;
    return { identity: answer.identity, hops: [hop, ...answer.hops] };
  };
}

function identityIn(answer: MessageShape<typeof GetResponseSchema>): ServiceIdentity {
  return {
    SERVICE_TYPE: answer.serviceType as ServiceType,
    SERVICE_HOST: answer.serviceHost ?? null,
    SERVICE_PORT: answer.servicePort ?? null,
  };
}

function peerOf({ socket }: FastifyRequest): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

function oneOf<const T extends string>(request: FastifyRequest, name: string, words: readonly T[]): T | undefined {
  const value = (request.query as Record<string, unknown>)[name];
  if (value === undefined) return undefined;
  const word = words.find((known) => known === value);
  if (word === undefined) throw new StatusError('INVALID_ARGUMENT', `?${name}= is one of ${words.join(', ')}`);
  return word;
}
