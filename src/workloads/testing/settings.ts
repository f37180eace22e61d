import { type OptionSet, type Settings, settle } from '../options.ts';

/** A workload's defaults, on ports of the system's choice and with no drain time; `given` as on the command line. */
export function testSettings<O extends OptionSet>(options: O, given: Record<string, string | true> = {}): Settings<O> {
  return settle(options, { port: '0', adminPort: '0', podName: 'pod-1', drainMs: '0', ...given }, {});
}
