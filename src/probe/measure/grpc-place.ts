import { isIPv6 } from 'node:net';
import { EvenkeelError } from '../../base/errors.ts';
import { splitAddress } from '../../base/listen-address.ts';
import type { DialAddress } from '../target/dial.ts';
import { type Expected, expectedOf } from '../target/expected.ts';
import { resolveToFixed } from '../target/fixed-resolver.ts';
import { namesOf } from '../target/names-of-target.ts';
import type { ProbeTarget } from '../target/parse-target.ts';
import type { XdsCall } from '../target/xds-endpoints.ts';
import { requireKnownHost } from './opened.ts';
import type { ProbeOptions } from './options.ts';

export type GrpcTarget = Extract<ProbeTarget, { kind: 'grpc' }>;

/** Where a gRPC target is, and how that is kept up to date. */
export interface GrpcPlace {
  /** As grpc-js takes it. */
  readonly uri: string;
  ask(): Promise<Expected>;
  /** Where the backends listen that {@link ask} names. */
  addressesOf(expected: Expected): readonly DialAddress[];
  close(): Promise<void>;
}

/** @throws EvenkeelError `EK_PROBE_UNREACHABLE`, `EK_PROBE_TARGET`, `EK_KUBE_…`, `EK_USAGE` */
export async function findPlace(target: GrpcTarget, options: ProbeOptions): Promise<GrpcPlace> {
  const fixed = {
    ask: () => expectedOf(target),
    addressesOf: ({ backends }: Expected) => backends.map(({ address }) => splitAddress(address)),
    close: async () => {},
  };
  switch (target.scheme) {
    case 'xds':
      return { ...fixed, uri: target.text, ask: await xdsClient({ target: target.host, path: `/${options.method}` }) };
    case 'kubernetes': {
      const { resolveTo, watchPods } = await import('../target/kubernetes.ts');
      const pods = await watchPods(target.host, target.portName, options.connectMs);
      resolveTo(pods);
      const uri = `kubernetes:///${target.host}`;
      return { ...fixed, uri, ask: async () => pods.now(), close: () => pods.close() };
    }
    case 'list': {
      const isNameless = target.addresses.some((one) =>
        'path' in one ? one.path.startsWith('\0') : hasZone(one.host),
      );
      const uri = isNameless ? resolveToFixed(target.addresses, namesOf(target).authority) : target.text;
      return { ...fixed, uri, addressesOf: () => target.addresses };
    }
    case 'dns': {
      if (options.own === undefined) await requireKnownHost(options);
      if (hasZone(target.host)) {
        return { ...fixed, uri: resolveToFixed([{ host: target.host, port: target.port }], namesOf(target).authority) };
      }
      const host = target.host.includes(':') ? `[${target.host}]` : target.host;
      return { ...fixed, uri: `dns://${target.authority}/${host}:${target.port}` };
    }
  }
}

/** `fe80::1%eth0`: an address of one interface. */
function hasZone(host: string): boolean {
  return isIPv6(host) && host.includes('%');
}

/** Registers the scheme `xds:` with grpc-js. */
async function xdsClient(call: XdsCall): Promise<() => Promise<Expected>> {
  const { GRPC_XDS_BOOTSTRAP, GRPC_XDS_BOOTSTRAP_CONFIG } = process.env;
  if (!GRPC_XDS_BOOTSTRAP && !GRPC_XDS_BOOTSTRAP_CONFIG) {
    throw new EvenkeelError('EK_USAGE', 'an xds:/// target needs to know its control plane', {
      field: 'GRPC_XDS_BOOTSTRAP',
      hint: 'Write the file with: evenkeel bootstrap --server HOST:PORT > bootstrap.json, and name it in GRPC_XDS_BOOTSTRAP.',
    });
  }
  const xds = await import('@grpc/grpc-js-xds');
  xds.register();
  const { expectedOfXds } = await import('../target/expected-xds.ts');
  return () => expectedOfXds(call);
}
