export type { CounterReading, Counters } from '../verdict/count-check.ts';
export { judge, type Verdict } from '../verdict/verdict.ts';
export type {
  Backend,
  Fixture,
  FixtureConditions,
  Interval,
  RunInProgress,
  ScaleObserver,
  Skipped,
  Target,
} from './fixture.ts';
export { addProofOptions, type ProofOptions, parseProofOptions, type RawProofOptions } from './options.ts';
export { addOutputOptions, addShowOptions, type Output, parseOutput } from './output-flags.ts';
export { type PrintOptions, printReport, useColour } from './print/print-report.ts';
export { createProgress, type Progress, type ProgressStream, silentProgress } from './progress.ts';
export { type ChangeRow, exitCodeOf, type Report, reportSchema, type SchemeRow } from './report.ts';
export { openResults, type Results, type Shown } from './results.ts';
export { type Policy, runNodeLocal } from './run-node-local.ts';
export { runProof } from './run-proof.ts';
export { parseSchemeList } from './schemes/parse-list.ts';
export { type Scheme, type SchemeId, schemeIds, schemes, schemesVia } from './schemes/schemes.ts';
export { parseShow } from './show-report.ts';
