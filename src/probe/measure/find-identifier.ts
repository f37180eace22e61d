import { EvenkeelError } from '../../base/errors.ts';
import { type Chosen, chooseIdentifier } from '../identify/choose.ts';
import { type AnswerSample, describeSample, formatIdentifier, identifyIn } from '../identify/identify.ts';
import type { Engine } from '../load/engine.ts';
import { healthMethod, type ProbeOptions } from './options.ts';

/** How it is known who answers, and what it cost to find out. */
export interface Identified extends Chosen {
  /** Calls that were made for it. */
  readonly samples: number;
}

type Sample = Awaited<ReturnType<Engine['sample']>>;

/** Answers that are looked at for who gave them. */
const fewestSamples = 24;
const mostSamples = 400;
/** More at a time would be a load test of its own. */
const mostAtOnce = 32;

/**
 * Makes some calls and looks at their answers: one, then the others at the same time, and none after the deadline of one
 * more call. No more calls than the run itself makes.
 *
 * @param expected - backends that ought to answer
 * @param first - an answer that is there already
 * @param signal - ends it with what is known by then
 * @throws EvenkeelError `EK_PROBE_METHOD` where there is no health service, `EK_PROBE_IDENTIFIER`
 */
export async function findIdentifier(
  engine: Engine,
  options: ProbeOptions,
  expected: number,
  first: Sample | undefined,
  signal: AbortSignal,
): Promise<Identified> {
  const { identifier, deadlineMs } = options;
  const enough = wantedSamples(options, expected);
  let wanted = identifier === undefined ? enough : 1;
  const answers: AnswerSample[] = [];
  let made = 0;
  const failures: Sample[] = [];
  const take = (sample: Sample): void => {
    if (sample.status === 'OK') answers.push(sample.answer);
    else failures.push(sample);
  };
  const ask = async (): Promise<void> => {
    made += 1;
    take(await engine.sample());
  };
  if (first === undefined) await unlessAborted(ask(), signal);
  else {
    made = 1;
    take(first);
  }
  // Where the first answer does not say who gave it, others may: one pod of many is of another version.
  if (identifier !== undefined && answers.some((one) => identifyIn(identifier, one) === undefined)) wanted = enough;
  // Where the first call fails, a few more say whether all do.
  const most = answers.length === 0 ? Math.min(4, wanted + 3) : wanted + Math.ceil((wanted - 1) / 6);
  const until = performance.now() + deadlineMs;
  const caller = async (): Promise<void> => {
    while (made < most && made - failures.length < wanted && performance.now() < until && !signal.aborted) await ask();
  };
  const callers = Math.min(mostAtOnce, answers.length === 0 ? most - made : wanted - made);
  await unlessAborted(Promise.all(Array.from({ length: callers }, caller)), signal);
  if (answers.length === 0) {
    if (signal.aborted) {
      return { identifier: identifier ?? { from: 'peer' }, why: 'the run was ended before an answer', samples: made };
    }
    requireHealthService(options, failures);
    return { ...ofFailures(failures, identifier), samples: made };
  }
  const redirect = answers.find((answer) => answer.redirect !== undefined)?.redirect;
  const told = ({ identifier: chosen, why }: Chosen): Identified => ({
    ...{ identifier: chosen, why: redirect === undefined ? why : `${why}; ${redirect}`, samples: made },
  });
  if (identifier === undefined) return told(chooseIdentifier(answers));
  if (answers.every((sample) => identifyIn(identifier, sample) === undefined)) {
    throw new EvenkeelError('EK_PROBE_IDENTIFIER', `${formatIdentifier(identifier)} is in no answer`, {
      field: '--identify',
      hint: describeSample(answers[0]!),
    });
  }
  return told({ identifier, why: 'as --identify says' });
}

/** The default method is a guess; where it is wrong, that is no failure of the service. */
function requireHealthService({ target, method }: ProbeOptions, failures: readonly Sample[]): void {
  const unknown = target.kind === 'grpc' && method === healthMethod;
  if (!unknown || !failures.every(saysUnimplemented)) return;
  const [service] = method.split('/');
  throw new EvenkeelError('EK_PROBE_METHOD', `${target.text} has no health service (${service}): UNIMPLEMENTED`, {
    field: '--method',
    hint: 'Name a method that it has, for example --method shop.Orders/Get; it is described by reflection, or by --proto FILE.',
  });
}

/**
 * Whether the server itself says that it has no such method. A client also gives that status to an answer that lacks its
 * message, and to HTTP's 404, which is a proxy's that has no such route.
 */
function saysUnimplemented({ status, error = '' }: Sample): boolean {
  return status === 'UNIMPLEMENTED' && !/^(no|more than one) message came$|is cut off$|^(Received )?HTTP /.test(error);
}

/** A service that fails every call is measured as well; its backends may name themselves all the same. */
function ofFailures(failures: readonly Sample[], identifier: Identified['identifier'] | undefined): Chosen {
  if (identifier !== undefined) return { identifier, why: 'as --identify says; no call was answered' };
  const named = chooseIdentifier(failures.map(({ answer }) => ({ ...answer, fields: {} })));
  return { ...named, why: `${named.why}; no call was answered` };
}

/** Enough to see every backend and every connection, where the run itself makes so many calls. */
function wantedSamples({ calls, connections = 0 }: ProbeOptions, expected: number): number {
  const useful = Math.min(mostSamples, Math.max(fewestSamples, 4 * expected, connections));
  return Math.min(useful, calls ?? Number.POSITIVE_INFINITY);
}

/** Resolves when the work is done, or as soon as the signal is aborted. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  work.then(() => resolve(), reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}
