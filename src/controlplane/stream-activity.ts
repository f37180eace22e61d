import { type StreamInfo, typeUrls, type XdsObserver } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import type { ChangeTraces } from './change-traces.ts';
import { splitGroup } from './client-number.ts';
import type { EmptyPorts } from './empty-ports.ts';
import type { Metrics, Tally } from './metrics.ts';
import type { MissingTargets } from './missing-targets.ts';
import { describeGroup } from './node-group.ts';
import { PeerLog } from './peer-log.ts';
import { typeLabel, typeLabels } from './type-label.ts';

type Told<Method extends keyof XdsObserver> = Parameters<NonNullable<XdsObserver[Method]>>[1];

/**
 * What a client asked for and may not see is told of this much later: to do it at once would take time that tells the client
 * that there is something.
 */
const hiddenDelayMs = 1_000;
/** Names that wait to be told of; further ones are counted alone. */
const maxHiddenWaiting = 1_000;
const textLength = 256;

/** What is counted of each type. */
interface OfType {
  readonly requests: Tally;
  readonly responses: Tally;
  readonly responseBytes: Tally;
  readonly acks: Tally;
}

/** Counts what happens on the streams and logs what a person should look at. */
export class StreamActivity implements XdsObserver {
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #missing: MissingTargets;
  readonly #emptyPorts: EmptyPorts;
  readonly #peers: PeerLog;
  readonly #clock: Clock;
  readonly #went: (client: number) => void;
  readonly #traces: ChangeTraces | undefined;
  readonly #byType: ReadonlyMap<string, OfType>;
  #hidden: { stream: StreamInfo; typeUrl: string; name: string }[] = [];
  #hiddenBeyond = 0;
  #streams = 0;

  constructor(
    metrics: Metrics,
    log: Logger,
    missing: MissingTargets,
    emptyPorts: EmptyPorts,
    went: (client: number) => void,
    traces?: ChangeTraces,
    clock: Clock = systemClock,
  ) {
    this.#peers = new PeerLog(log, metrics, clock);
    this.#clock = clock;
    this.#emptyPorts = emptyPorts;
    this.#went = went;
    this.#traces = traces;
    this.#metrics = metrics;
    this.#log = log;
    this.#missing = missing;
    this.#byType = new Map(
      typeLabels.map((type) => [
        type,
        {
          requests: metrics.tally('evenkeel_xds_requests_total', { type }),
          responses: metrics.tally('evenkeel_xds_responses_total', { type }),
          responseBytes: metrics.tally('evenkeel_xds_response_bytes_total', { type }),
          acks: metrics.tally('evenkeel_xds_acks_total', { type }),
        },
      ]),
    );
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#streams;
  }

  streamOpened(stream: StreamInfo): void {
    this.#streams += 1;
    this.#metrics.count('evenkeel_xds_streams_opened_total', { protocol: stream.variant });
    if (this.#log.isLevelEnabled('debug')) this.#log.debug(describe(stream), 'stream opened');
  }

  streamClosed(stream: StreamInfo, end: Told<'streamClosed'>): void {
    this.#streams -= 1;
    this.#traces?.streamClosed(stream);
    this.#missing.closed(stream);
    const { client } = splitGroup(stream.group ?? '');
    if (client !== undefined) this.#went(client);
    if (!this.#log.isLevelEnabled('debug')) return;
    const message = printable(end.message, textLength);
    this.#log.debug({ ...describe(stream), code: end.code, message }, 'stream closed');
  }

  request(stream: StreamInfo, { typeUrl }: Told<'request'>): void {
    this.#missing.asked(stream, typeUrl);
    if (typeUrl === typeUrls.endpoint) this.#emptyPorts.asked();
    this.#ofType(typeUrl).requests.add();
  }

  response(stream: StreamInfo, { typeUrl, bytes, resources, version }: Told<'response'>): void {
    this.#traces?.response(stream, typeUrl);
    const { responses, responseBytes } = this.#ofType(typeUrl);
    responses.add();
    responseBytes.add(bytes);
    if (!this.#log.isLevelEnabled('trace')) return;
    this.#log.trace({ ...describe(stream), type: typeLabel(typeUrl), bytes, resources, version }, 'response sent');
  }

  ack(stream: StreamInfo, { typeUrl }: Told<'ack'>): void {
    this.#traces?.answered(stream, typeUrl);
    this.#ofType(typeUrl).acks.add();
  }

  nack(stream: StreamInfo, { typeUrl, version, names, message }: Told<'nack'>): void {
    const type = typeLabel(typeUrl);
    this.#metrics.count('evenkeel_xds_nacks_total', { type });
    this.#traces?.answered(stream, typeUrl, message);
    const details = { ...describe(stream), type, version, names, reason: message };
    this.#peers.write('nack', 'error', stream.peer, details, 'a client rejected a response');
  }

  invalidRequest(stream: StreamInfo, { code, message }: Told<'invalidRequest'>): void {
    this.#metrics.count('evenkeel_xds_invalid_requests_total');
    const details = { ...describe(stream), code, reason: message };
    this.#peers.write('invalid_request', 'warn', stream.peer, details, 'a request broke the protocol');
  }

  hidden(stream: StreamInfo, { typeUrl, name }: Told<'hidden'>): void {
    if (this.#hidden.length === 0) this.#clock.after(hiddenDelayMs, () => this.#tellHidden());
    if (this.#hidden.length < maxHiddenWaiting) this.#hidden.push({ stream, typeUrl, name });
    else this.#hiddenBeyond += 1;
  }

  #ofType(typeUrl: string): OfType {
    return this.#byType.get(typeLabel(typeUrl))!;
  }

  #tellHidden(): void {
    for (const { stream, typeUrl, name } of this.#hidden.splice(0)) {
      const type = typeLabel(typeUrl);
      this.#metrics.count('evenkeel_xds_names_hidden_total', { type });
      const details = { ...describe(stream), type, name };
      this.#peers.write('hidden_name', 'warn', stream.peer, details, 'a client asked for what it may not see');
    }
    if (this.#hiddenBeyond === 0) return;
    this.#metrics.count('evenkeel_xds_names_hidden_total', { type: 'other' }, this.#hiddenBeyond);
    this.#hiddenBeyond = 0;
  }

  fault({ reason, scope, message, peer }: Parameters<NonNullable<XdsObserver['fault']>>[0]): void {
    this.#metrics.count('evenkeel_xds_faults_total', { reason });
    this.#peers.debug(peer, { reason, scope, why: message }, 'a client lost a stream or its connection');
  }

  refused({ limit, peer }: Parameters<NonNullable<XdsObserver['refused']>>[0]): void {
    this.#metrics.count('evenkeel_xds_streams_refused_total', { reason: limit });
    this.#log.debug({ limit, peer }, 'stream refused');
  }
}

function describe({ id, peer, node, group }: StreamInfo): object {
  return {
    stream: id,
    peer,
    node: printable(node.id, textLength),
    ...(group === undefined ? {} : printableGroup(group)),
    client: printable(`${node.userAgentName} ${node.userAgentVersion}`, textLength),
  };
}

function printableGroup(group: string): object {
  const parts = Object.entries(describeGroup(group)).map(([name, value]) => [
    name,
    printable(String(value), textLength),
  ]);
  return Object.fromEntries(parts);
}
