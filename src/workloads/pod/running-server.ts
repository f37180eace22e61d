/** One listener of a workload. */
export interface RunningServer {
  /** `host:port` as bound. */
  readonly address: string;
  /**
   * Takes no more calls, finishes those in flight and cuts what is left after `graceMs`.
   *
   * @returns false if something had to be cut
   */
  stop(graceMs: number): Promise<boolean>;
}
