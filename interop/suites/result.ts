import { compareText } from '../../src/base/compare-text.ts';

/**
 * What became of one test function: `on-purpose` and `fails-with-theirs` failed too, the one for a reason of ours that is
 * written down, the other with the server that the suite itself brings as well.
 */
export type SuiteOutcome = 'passed' | 'skipped' | 'failed' | 'on-purpose' | 'fails-with-theirs';

export interface TestResult {
  readonly package: string;
  readonly test: string;
  readonly outcome: SuiteOutcome;
  /** It failed beside the others and passed alone. */
  readonly repeated?: true;
  /** Of `on-purpose`: the reason. */
  readonly why?: string;
}

/** The result of a suite; field `tests` has only those that started a server. */
export interface SuiteResult {
  readonly schemaVersion: 1;
  readonly suite: string;
  readonly version: string;
  readonly go: string;
  readonly node: string;
  readonly at: string;
  readonly tests: readonly TestResult[];
}

/** Reasons by package and function. */
export type Differences = Readonly<Record<string, string>>;

const columns = [
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['on purpose', 'on-purpose'],
  ['also with theirs', 'fails-with-theirs'],
  ['skipped', 'skipped'],
] as const satisfies readonly (readonly [string, SuiteOutcome])[];

/** A table in Markdown, a row for each package, and below it every test that did not pass. */
export function formatResult({ suite, version, at, tests }: SuiteResult): string {
  const count = (rows: readonly TestResult[]): string =>
    columns.map(([, outcome]) => rows.filter((row) => row.outcome === outcome).length).join(' | ');
  const packages = [...new Set(tests.map((row) => row.package))].sort();
  const rows = packages.map((name) => `| \`${name}\` | ${count(tests.filter((row) => row.package === name))} |`);
  const others = tests.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped');
  return [
    `${suite} ${version}, ${at.slice(0, 10)}:`,
    '',
    `| package | ${columns.map(([title]) => title).join(' | ')} |`,
    `| --- |${columns.map(() => ' ---: |').join('')}`,
    ...rows,
    `| **all** | ${count(tests)} |`,
    ...(others.length === 0 ? [] : ['']),
    ...others.map(({ package: name, test, outcome, why }) => {
      const title = columns.find(([, one]) => one === outcome)![0];
      return `- \`${name}\` ${test}: ${why === undefined ? title : `${title}. ${why}`}`;
    }),
  ].join('\n');
}

/** What was run now, over what was run before with the same version. */
export function merged(before: SuiteResult, now: SuiteResult, packages: readonly string[]): SuiteResult {
  const kept = before.version === now.version ? before.tests.filter((row) => !packages.includes(row.package)) : [];
  const key = (row: TestResult): string => `${row.package} ${row.test}`;
  return { ...now, tests: [...kept, ...now.tests].sort((a, b) => compareText(key(a), key(b))) };
}

/** 0 where nothing failed that is not explained, and something was run. */
export function exitCodeOf({ tests }: SuiteResult): number {
  if (tests.length === 0) return 3;
  return tests.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}
