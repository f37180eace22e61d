import { readFile } from 'node:fs/promises';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { unlessAborted } from '../../base/shutdown.ts';
import type { Engine } from '../load/engine.ts';
import { reasonOf } from '../target/connect-reason.ts';
import { type Expected, expectedOf } from '../target/expected.ts';
import type { ProbeOptions } from './options.ts';

/** An engine that is connected, and what is known of its target. */
export interface Opened {
  readonly engine: Engine;
  /** `/grpc.health.v1.Health/Check`, `GET /path` */
  readonly call: string;
  /** Who ought to answer, now. */
  ask(): Promise<Expected>;
  /** How often {@link ask} may be asked; where the answer is at hand, often. */
  readonly askEveryMs: number;
  /** An answer that was needed to know that the target can be reached; none of gRPC. */
  readonly sampled?: Awaited<ReturnType<Engine['sample']>> | undefined;
  /** Whether the server was asked to describe itself. */
  readonly reflected: boolean;
  /** Ends what keeps {@link ask} up to date. */
  close(): Promise<void>;
}

/** A target without a connection, with the reason. */
export function unreachable({ target }: ProbeOptions, why: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError('EK_PROBE_UNREACHABLE', `${target.text} cannot be reached: ${why}`, {
    field: 'TARGET',
    cause,
  });
}

/** A name that does not exist is told at once and by its own words, not after the time for connecting. */
export async function requireKnownHost(options: ProbeOptions): Promise<void> {
  const { target, connectMs } = options;
  const late = AbortSignal.timeout(connectMs);
  await unlessAborted(expectedOf(target), late).catch((thrown: unknown) => {
    const words = late.aborted
      ? `the name was not resolved within ${connectMs} ms: DNS does not answer`
      : reasonOf(thrown);
    throw unreachable(options, words, thrown);
  });
}

/** `@FILE` is what the file holds, as it is. @throws EvenkeelError `EK_FILE_READ` */
export async function fileOrGiven(text: string, field: string): Promise<string | Buffer> {
  if (!text.startsWith('@')) return text;
  const file = text.slice(1);
  return readFile(file).catch((cause: unknown) => {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, field, cause });
  });
}

/** The same as text, without a byte order mark. @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX` */
export async function fileOrText(text: string, field: string): Promise<string> {
  const found = await fileOrGiven(text, field);
  if (typeof found === 'string') return found;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(found);
  } catch (cause) {
    const file = text.slice(1);
    throw new EvenkeelError('EK_FILE_SYNTAX', `${file} is not in UTF-8`, { file, field, cause });
  }
}
