import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import { startTracing } from '../base/start-tracing.ts';
import type { ChangeTrace, ClientAnswer } from './change-traces.ts';

/** Clients that have a span of their own in a trace: those that answered last. */
const maxClientSpans = 20;
const maxServices = 10;
const textLength = 256;

/**
 * Starts OpenTelemetry's SDK as the environment says, and makes a trace of each change that has come to an end.
 *
 * @returns what takes the changes, and what ends it
 */
export function startChangeSpans(
  log: Logger,
  env: NodeJS.ProcessEnv,
): { readonly done: (change: ChangeTrace) => void; readonly stop: () => Promise<void> } {
  const stop = startTracing({ service: 'evenkeel', pod: env.POD_NAME }, log, env);
  return { done: writeSpans, stop };
}

/** A span for the whole, one for the way to the cache, one for the way to the clients, in which the slowest have theirs. */
function writeSpans(change: ChangeTrace): void {
  const { causes, beganAtMs, publishedAtMs, endedAtMs, answers } = change;
  const services = causes.map(([service]) => service);
  const rejected = answers.filter((answer) => answer.rejected !== undefined);
  const silent = answers.filter(isMissing).length;
  const problem = [
    ...(silent > 0 ? [`${silent} did not answer`] : []),
    ...(rejected.length > 0 ? [`${rejected.length} rejected it`] : []),
  ].join(', ');
  const whole = spanOf(
    undefined,
    `change ${services.length === 1 ? services[0] : `${services.length} Services`}`,
    beganAtMs,
    {
      'evenkeel.services': services.slice(0, maxServices),
      'evenkeel.causes': [...new Set(causes.map(([, cause]) => cause))],
      'evenkeel.clients': new Set(answers.map(({ peer }) => peer)).size,
      'evenkeel.answers.rejected': rejected.length,
      'evenkeel.answers.missing': silent,
      'evenkeel.answers.unsent': answers.filter(({ sentAtMs }) => sentAtMs === undefined).length,
    },
  );
  if (problem !== '') whole.setStatus({ code: SpanStatusCode.ERROR, message: problem });
  spanOf(whole, 'publish', beganAtMs).end(publishedAtMs);
  const clients = spanOf(whole, 'send to clients', publishedAtMs);
  const byTime = answers.toSorted((a, b) => (b.answeredAtMs ?? Infinity) - (a.answeredAtMs ?? Infinity));
  for (const answer of byTime.slice(0, maxClientSpans)) writeAnswer(clients, answer, publishedAtMs, endedAtMs);
  clients.end(endedAtMs);
  whole.end(endedAtMs);
}

/** One that was sent nothing has nothing to answer. */
function isMissing({ sentAtMs, answeredAtMs }: ClientAnswer): boolean {
  return sentAtMs !== undefined && answeredAtMs === undefined;
}

function writeAnswer(parent: Span, answer: ClientAnswer, publishedAtMs: number, endedAtMs: number): void {
  const { client, peer, type, sentAtMs, answeredAtMs, rejected } = answer;
  const span = spanOf(parent, `${type} ${printable(client, textLength)}`, publishedAtMs, {
    'evenkeel.client': printable(client, textLength),
    'network.peer.address': peer,
    'evenkeel.type': type,
  });
  // What comes before is the wait for its answer to an earlier response.
  if (sentAtMs !== undefined) span.addEvent('sent', undefined, Math.max(sentAtMs, publishedAtMs));
  const problem = rejected ?? (isMissing(answer) ? 'no answer' : undefined);
  if (problem !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: printable(problem, textLength) });
  }
  span.end(Math.max(answeredAtMs ?? endedAtMs, publishedAtMs));
}

function spanOf(
  parent: Span | undefined,
  name: string,
  startTime: number,
  attributes: Readonly<Record<string, string | number | string[]>> = {},
): Span {
  const tracer = trace.getTracer('evenkeel');
  const within = parent === undefined ? context.active() : trace.setSpan(context.active(), parent);
  const kind = parent === undefined ? SpanKind.CONSUMER : SpanKind.INTERNAL;
  return tracer.startSpan(name, { startTime, attributes, kind }, within);
}
