import type { Engine } from '../load/engine.ts';
import { openEngine } from '../measure/open-engine.ts';
import { parseProbeOptions, type RawProbeOptions } from '../measure/options.ts';

const never = new AbortController().signal;

/** Opens an engine as `evenkeel probe` does, hands it over, and closes it whatever happens. */
export async function withEngine<T>(
  target: string,
  flags: RawProbeOptions,
  use: (engine: Engine) => Promise<T>,
  signal: AbortSignal = never,
): Promise<T> {
  const { engine, close } = await openEngine(parseProbeOptions(target, flags), signal);
  try {
    return await use(engine);
  } finally {
    engine.close();
    await close();
  }
}

export interface EndedCall {
  readonly status: string;
  readonly who: string | undefined;
  readonly peer: string | undefined;
  readonly error: string | undefined;
}

export function callOnce(engine: Engine): Promise<EndedCall> {
  return new Promise((resolve) => engine.call((status, who, peer, error) => resolve({ status, who, peer, error })));
}

/** Callers that each have one call in flight, until so many calls have been made. */
export async function closedLoop(engine: Engine, callers: number, calls: number): Promise<EndedCall[]> {
  const ended: EndedCall[] = [];
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < calls) {
      begun += 1;
      ended.push(await callOnce(engine));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return ended;
}
