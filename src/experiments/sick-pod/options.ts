import { wholeNumber } from '../../base/number-flag.ts';
import { type GrpcClient, parseClients } from '../change/clients.ts';
import { chosenNames } from '../list-flags.ts';
import { type Protection, protectionNames, type Sickness, sicknessNames } from './kinds.ts';

/** What `evenkeel experiment sick-pod` measures. */
export interface SickPodOptions {
  /** The sick one among them. */
  readonly pods: number;
  /** Calls a second of all clients together. */
  readonly ratePerSecond: number;
  /** Of each row. */
  readonly durationMs: number;
  /** Of each call. */
  readonly deadlineMs: number;
  /** Of an ordinary pod. */
  readonly latencyMs: number;
  readonly clients: readonly GrpcClient[];
  /** Processes of each kind of client. */
  readonly copies: number;
  readonly sicknesses: readonly Sickness[];
  readonly protections: readonly Protection[];
  readonly seed: number;
}

/** @throws EvenkeelError `EK_USAGE`, naming the flag */
export function parseSickPod(raw: Readonly<Record<string, string | undefined>>): SickPodOptions {
  return {
    pods: wholeNumber(raw.pods, '--pods', 5, 3, 50),
    ratePerSecond: wholeNumber(raw.rate, '--rate', 100, 10, 1000),
    durationMs: wholeNumber(raw.seconds, '--seconds', 20, 8, 600) * 1_000,
    deadlineMs: wholeNumber(raw.deadline, '--deadline', 1000, 50, 60_000),
    latencyMs: wholeNumber(raw.latency, '--latency', 10, 1, 1000),
    clients: parseClients(raw.clients ?? 'grpc-js,grpc-go'),
    copies: wholeNumber(raw.copies, '--copies', 2, 1, 20),
    sicknesses: chosenNames(raw.sicknesses, '--sicknesses', sicknessNames),
    protections: chosenNames(raw.protections, '--protections', protectionNames),
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
  };
}
