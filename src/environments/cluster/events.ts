import { z } from 'zod';
import type { Progress, Report } from '../../probe/index.ts';

/** What the pod that makes the calls tells whoever waits for it, a JSON object a line on its standard output. */
export type DriverEvent<R = Report> =
  | { readonly event: 'step' | 'update' | 'note'; readonly text: string }
  | { readonly event: 'report'; readonly report: R }
  /** What kept it from any report; `code` is one of ours. */
  | { readonly event: 'failed'; readonly code: string; readonly message: string; readonly hint: string };

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.enum(['step', 'update', 'note']), text: z.string() }),
  z.object({ event: z.literal('report'), report: z.custom<Report>((value) => typeof value === 'object') }),
  z.object({ event: z.literal('failed'), code: z.string(), message: z.string(), hint: z.string() }),
]);

/** The event in a line; undefined where it is something else, a warning of a library for example. */
export function parseEvent<R = Report>(line: string): DriverEvent<R> | undefined {
  if (!line.startsWith('{"event":')) return undefined;
  try {
    return eventSchema.safeParse(JSON.parse(line)).data as DriverEvent<R> | undefined;
  } catch {
    return undefined;
  }
}

/** A progress display that writes events. */
export function eventProgress(write: (line: string) => void): Progress {
  const tell =
    (event: 'step' | 'update' | 'note') =>
    (text: string): void =>
      write(`${JSON.stringify({ event, text })}\n`);
  return { step: tell('step'), update: tell('update'), note: tell('note'), end: () => {} };
}
