import type { Logger } from '../base/log.ts';
import { type StreamInfo, typeUrls, type XdsObserver } from '../xds/index.ts';
import type { EmptyPorts } from './empty-ports.ts';
import type { Metrics } from './metrics.ts';
import type { MissingTargets } from './missing-targets.ts';
import { typeLabel } from './type-label.ts';

type Told<Method extends keyof XdsObserver> = Parameters<NonNullable<XdsObserver[Method]>>[1];

/** Counts what happens on the streams and logs what a person should look at. */
export class StreamActivity implements XdsObserver {
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #missing: MissingTargets;
  readonly #emptyPorts: EmptyPorts;
  #streams = 0;

  constructor(metrics: Metrics, log: Logger, missing: MissingTargets, emptyPorts: EmptyPorts) {
    this.#emptyPorts = emptyPorts;
    this.#metrics = metrics;
    this.#log = log;
    this.#missing = missing;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#streams;
  }

  streamOpened(stream: StreamInfo): void {
    this.#streams += 1;
    this.#metrics.count('evenkeel_xds_streams_opened_total', { protocol: stream.variant });
    this.#log.debug(describe(stream), 'stream opened');
  }

  streamClosed(stream: StreamInfo, end: Told<'streamClosed'>): void {
    this.#streams -= 1;
    this.#missing.closed(stream);
    this.#log.debug({ ...describe(stream), ...end }, 'stream closed');
  }

  request(stream: StreamInfo, { typeUrl }: Told<'request'>): void {
    this.#missing.asked(stream, typeUrl);
    if (typeUrl === typeUrls.endpoint) this.#emptyPorts.asked();
    this.#metrics.count('evenkeel_xds_requests_total', { type: typeLabel(typeUrl) });
  }

  response(stream: StreamInfo, { typeUrl, bytes, resources, version }: Told<'response'>): void {
    const type = typeLabel(typeUrl);
    this.#metrics.count('evenkeel_xds_responses_total', { type });
    this.#metrics.count('evenkeel_xds_response_bytes_total', { type }, bytes);
    this.#log.trace({ ...describe(stream), type, bytes, resources, version }, 'response sent');
  }

  ack(_stream: StreamInfo, { typeUrl }: Told<'ack'>): void {
    this.#metrics.count('evenkeel_xds_acks_total', { type: typeLabel(typeUrl) });
  }

  nack(stream: StreamInfo, { typeUrl, version, names, message }: Told<'nack'>): void {
    const type = typeLabel(typeUrl);
    this.#metrics.count('evenkeel_xds_nacks_total', { type });
    this.#log.error({ ...describe(stream), type, version, names, reason: message }, 'a client rejected a response');
  }

  invalidRequest(stream: StreamInfo, { code, message }: Told<'invalidRequest'>): void {
    this.#metrics.count('evenkeel_xds_invalid_requests_total');
    this.#log.warn({ ...describe(stream), code, reason: message }, 'a request broke the protocol');
  }

  hidden(stream: StreamInfo, { typeUrl, name }: Told<'hidden'>): void {
    const type = typeLabel(typeUrl);
    this.#metrics.count('evenkeel_xds_names_hidden_total', { type });
    this.#log.warn({ ...describe(stream), type, name }, 'a client asked for what it may not see');
  }

  fault({ reason, scope, message, peer }: Parameters<NonNullable<XdsObserver['fault']>>[0]): void {
    this.#metrics.count('evenkeel_xds_faults_total', { reason });
    this.#log.debug({ peer, reason, scope, why: message }, 'a client broke the rules of HTTP/2');
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
    node: node.id,
    namespace: group,
    client: `${node.userAgentName} ${node.userAgentVersion}`,
  };
}
