import type { LoadResult } from '../load/run-load.ts';
import type { Expected } from '../target/expected.ts';
import type { Contacts } from './contacts.ts';
import type { Identified } from './find-identifier.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import type { Watched } from './watch-backends.ts';

/** What a run leaves behind. */
export interface Measured {
  readonly options: ProbeOptions;
  readonly startedAt: Date;
  readonly call: string;
  readonly engine: 'channel' | 'wire' | 'http';
  readonly identified: Identified;
  /** Who ought to answer, before the run. */
  readonly first: Expected;
  readonly watched: Watched;
  readonly contacts: Contacts;
  readonly result: LoadResult;
  readonly otherCalls: ProbeReport['otherCalls'];
  /** As the report has it. */
  readonly connections: number;
  /** Calls of the run, warm-up too, that waited inside of the client for a stream. */
  readonly streamWaits: number;
  /** What made the calls, and how it was started. */
  readonly about: Pick<ProbeReport['conditions'], 'versions' | 'machine' | 'command'>;
}
