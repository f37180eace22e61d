import type { ClusterLoad, LoadReportLimits, LocalityLoad, ReportedLocality } from './load-report.ts';
import { LocalityNames } from './locality-names.ts';
import { tooMuch, WireCursor, wireType } from './wire-cursor.ts';

/** A `LoadStatsRequest`, decoded. */
export interface LoadStatsMessage {
  /** The encoded node: the last one, where there are more. Undefined where there is none. */
  readonly node: Uint8Array | undefined;
  readonly clusters: readonly ClusterLoad[];
}

/** A day. A negative number is a very large one on the wire. */
const maxIntervalMs = 24 * 3_600_000;
const noLocality: ReportedLocality = { region: '', zone: '', subZone: '' };

/**
 * Reads `envoy.service.load_stats.v3.LoadStatsRequest`. By hand, since every client sends one at every interval, with an
 * entry for every endpoint that it calls: it takes a third of the time that the generated code takes. A field that has
 * another wire type than it should is passed over, as an unknown one is.
 */
export class LoadReportReader {
  readonly #limits: LoadReportLimits;
  readonly #names = new LocalityNames();
  /** Localities that this message may still have. */
  #left = 0;

  constructor(limits: LoadReportLimits) {
    this.#limits = limits;
  }

  /**
   * A message, decoded.
   *
   * @throws GrpcError INVALID_ARGUMENT where it is not one, RESOURCE_EXHAUSTED where it is beyond the limits
   */
  read(bytes: Uint8Array): LoadStatsMessage {
    const { clustersPerReport, localitiesPerReport } = this.#limits;
    const cursor = new WireCursor(bytes);
    const clusters: ClusterLoad[] = [];
    let node: Uint8Array | undefined;
    this.#left = localitiesPerReport;
    while (cursor.next(bytes.length)) {
      if (cursor.type !== wireType.bytes || cursor.field > 2) cursor.skip(bytes.length);
      else {
        const end = cursor.contentEnd(bytes.length);
        if (cursor.field === 1) node = bytes.subarray(cursor.at, end);
        else if (clusters.length === clustersPerReport) throw tooMuch('too many clusters', clustersPerReport);
        else clusters.push(this.#cluster(cursor, end));
        cursor.at = end;
      }
    }
    return { node, clusters };
  }

  /** `envoy.config.endpoint.v3.ClusterStats` */
  #cluster(cursor: WireCursor, end: number): ClusterLoad {
    const { nameBytes, localitiesPerReport } = this.#limits;
    const localities: LocalityLoad[] = [];
    let name = '';
    let serviceName = '';
    let dropped = 0;
    let intervalMs = 0;
    while (cursor.next(end)) {
      const { field, type } = cursor;
      if (type === wireType.bytes && field === 2) {
        if (this.#left-- === 0) throw tooMuch('too many localities', localitiesPerReport);
        localities.push(this.#locality(cursor, cursor.contentEnd(end)));
      } else if (type === wireType.bytes && field === 1) name = cursor.text(end, nameBytes, 'a cluster name');
      else if (type === wireType.bytes && field === 6) serviceName = cursor.text(end, nameBytes, 'a cluster name');
      else if (type === wireType.bytes && field === 4) intervalMs = this.#duration(cursor, cursor.contentEnd(end));
      else if (type === wireType.varint && field === 3) dropped = this.#count(cursor, end);
      else cursor.skip(end);
    }
    return { name, serviceName, intervalMs, dropped, localities };
  }

  /** `envoy.config.endpoint.v3.UpstreamLocalityStats`, of which figures of endpoints and of named costs are passed over. */
  #locality(cursor: WireCursor, end: number): LocalityLoad {
    let locality = noLocality;
    let priority = 0;
    let issued = 0;
    let succeeded = 0;
    let failed = 0;
    let inProgress = 0;
    while (cursor.next(end)) {
      const { field, type } = cursor;
      if (type === wireType.varint && field === 2) succeeded = this.#count(cursor, end);
      else if (type === wireType.varint && field === 3) inProgress = this.#count(cursor, end);
      else if (type === wireType.varint && field === 4) failed = this.#count(cursor, end);
      else if (type === wireType.varint && field === 8) issued = this.#count(cursor, end);
      else if (type === wireType.varint && field === 6) priority = cursor.varint(end);
      else if (type === wireType.bytes && field === 1) locality = this.#where(cursor, cursor.contentEnd(end));
      else cursor.skip(end);
    }
    return { locality, priority, issued, succeeded, failed, inProgress };
  }

  /** `envoy.config.core.v3.Locality` */
  #where(cursor: WireCursor, end: number): ReportedLocality {
    const { nameBytes } = this.#limits;
    const start = cursor.at;
    if (end - start > nameBytes) throw tooMuch(`a locality takes ${end - start} bytes`, nameBytes);
    const known = this.#names.get(cursor.buffer, start, end);
    if (known !== undefined) {
      cursor.at = end;
      return known;
    }
    const parts = ['', '', ''];
    while (cursor.next(end)) {
      const { field, type } = cursor;
      if (type === wireType.bytes && field <= 3) parts[field - 1] = cursor.text(end, nameBytes, 'a locality');
      else cursor.skip(end);
    }
    const decoded = { region: parts[0]!, zone: parts[1]!, subZone: parts[2]! };
    this.#names.keep(cursor.buffer, start, end, decoded);
    return decoded;
  }

  #count(cursor: WireCursor, end: number): number {
    const count = cursor.varint(end);
    if (count > this.#limits.count) throw tooMuch(`a count of ${count} calls`, this.#limits.count);
    return count;
  }

  /** `google.protobuf.Duration`; a negative one, or one of more than a day, counts as none. */
  #duration(cursor: WireCursor, end: number): number {
    let milliseconds = 0;
    while (cursor.next(end)) {
      const { field, type } = cursor;
      if (type === wireType.varint && field <= 2) {
        const value = cursor.varint(end);
        milliseconds += field === 1 ? value * 1_000 : value / 1_000_000;
      } else cursor.skip(end);
    }
    return milliseconds <= maxIntervalMs ? milliseconds : 0;
  }
}
