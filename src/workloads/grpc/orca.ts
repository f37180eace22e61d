/** What is older than this counts a third. */
const memoryMs = 10_000;

/**
 * How busy a server is, as it says with its answers (ORCA, gRFC A51): calls under way over its capacity, and calls a second, of late.
 * Clients with `client_side_weighted_round_robin` weigh it by calls a second over utilization (gRFC A58).
 */
export class Orca {
  readonly #capacity: number;
  #busyMs = 0;
  #ended = 0;
  #atMs = 0;

  /** @param capacity - calls under way that are all it can do; 1 at least */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A call has ended; returns `xds.data.orca.v3.OrcaLoadReport` as bytes, for the trailer `endpoint-load-metrics-bin`. */
  ended(tookMs: number, nowMs = performance.now()): Buffer {
    const kept = Math.exp((this.#atMs - nowMs) / memoryMs);
    this.#atMs = nowMs;
    this.#busyMs = this.#busyMs * kept + tookMs;
    this.#ended = this.#ended * kept + 1;
    // By hand: the recorder of grpc-js (`getMetricsRecorder`) parses its .proto files anew for every call.
    const report = Buffer.alloc(18);
    // `rps_fractional` is field 6 and `application_utilization` field 9, both doubles.
    report.writeUInt8((6 << 3) | 1, 0);
    report.writeDoubleLE((this.#ended * 1_000) / memoryMs, 1);
    report.writeUInt8((9 << 3) | 1, 9);
    report.writeDoubleLE(this.#busyMs / memoryMs / this.#capacity, 10);
    return report;
  }
}
