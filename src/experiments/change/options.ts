import { EvenkeelError } from '../../base/errors.ts';
import { wholeNumber } from '../../base/number-flag.ts';
import { type ProofOptions, parseProofOptions } from '../../probe/options.ts';
import { refuseClusterFlags } from '../cluster-flags.ts';
import { type GrpcClient, parseClients } from './clients.ts';
import type { ChangeKind } from './report.ts';
import { type Variant, variants } from './variants.ts';

/** What `evenkeel experiment scale-out | scale-in | rolling-update` measures. */
export interface ChangeOptions {
  /** Schemes, pods, rates, deadline, seed. */
  readonly proof: ProofOptions;
  /** Who calls where a scheme is gRPC. */
  readonly clients: readonly GrpcClient[];
  /** From a pod's event until the endpoints are published; null: as long as a cluster takes. */
  readonly endpointDelayMs: number | null;
  /** Empty: measured once, with ordinary pods. */
  readonly variants: readonly Variant[];
}

const allGrpc =
  'clusterip-grpc,headless-pick-first,headless-round-robin,headless-round-robin-max-age,l7-envoy,xds-dns,xds';
const ablated = 'clusterip-grpc,headless-round-robin,xds';

/** What is measured unless something else is asked for. */
export const schemesOf: Readonly<Record<ChangeKind, string>> = {
  'scale-out': allGrpc,
  'scale-in': allGrpc,
  'rolling-update': ablated,
};

/** @throws EvenkeelError `EK_USAGE`, `EK_UNKNOWN_SCHEME`, naming the flag */
export function parseChange(
  kind: ChangeKind,
  raw: Readonly<Record<string, string | boolean | undefined>>,
): ChangeOptions {
  const given = (name: string): string | undefined => raw[name] as string | undefined;
  refuseClusterFlags(raw);
  if (raw.kubernetes === true && raw.endpointDelay !== undefined) {
    throw new EvenkeelError('EK_EXPERIMENT_LAB_ONLY', 'a cluster publishes endpoints in its own time', {
      field: '--endpoint-delay',
    });
  }
  const pods = wholeNumber(given('pods'), '--pods', 3, 1, 50);
  const scaleTo = wholeNumber(given('scaleTo'), '--scale-to', kind === 'rolling-update' ? pods : pods * 2, pods, 100);
  if (kind !== 'rolling-update' && scaleTo === pods) {
    throw new EvenkeelError('EK_USAGE', `--scale-to ${scaleTo} is no more than --pods ${pods}: nothing would change`, {
      field: '--scale-to',
    });
  }
  const proof = parseProofOptions({
    schemes: given('schemes') ?? schemesOf[kind],
    replicas: String(pods),
    scaleTo: String(scaleTo),
    scaleRate: String(wholeNumber(given('rate'), '--rate', 100, 1, 1000)),
    deadline: given('deadline'),
    seed: given('seed'),
  });
  const varied = kind === 'rolling-update' && raw.plain !== true;
  return {
    proof,
    clients: parseClients(given('clients')),
    endpointDelayMs:
      raw.kubernetes === true
        ? null
        : wholeNumber(given('endpointDelay'), '--endpoint-delay', kind === 'rolling-update' ? 1000 : 0, 0, 60_000),
    variants: varied ? variants : [],
  };
}
