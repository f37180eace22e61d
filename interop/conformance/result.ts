import type { Check, CheckedServer, Report } from './servers.ts';

/** What became of each check at a server. */
export interface ServerResult {
  readonly id: string;
  readonly title: string;
  /** As its driver names it. */
  readonly server: string;
  readonly checks: readonly Check[];
}

export interface ConformanceResult {
  readonly schemaVersion: 1;
  readonly at: string;
  readonly node: string;
  readonly servers: readonly ServerResult[];
}

/** Why checks fail at some servers. */
export interface Reason {
  readonly servers: readonly string[];
  /** Ids; {@link anyCheck}: whatever failed. */
  readonly checks: readonly string[];
  readonly why: string;
}

const anyCheck = '*';

export function resultOf({ id, title }: CheckedServer, { server, results }: Report): ServerResult {
  const checks = results.map(({ id: check, level, paragraph, outcome, detail }) => ({
    ...{ id: check, level, paragraph, outcome },
    ...(detail !== undefined && { detail }),
  }));
  return { id, title, server, checks };
}

/** `server check` of all that did not hold. */
export function failuresOf({ servers }: ConformanceResult): string[] {
  return servers.flatMap(({ id, checks }) =>
    checks.filter(({ outcome }) => outcome !== 'held').map((check) => `${id} ${check.id}`),
  );
}

/** What reasons are about, as failuresOf has it. */
export function explainedBy(reasons: readonly Reason[], { servers }: ConformanceResult): string[] {
  const all = [...new Set(servers.flatMap(({ checks }) => checks.map(({ id }) => id)))];
  return reasons.flatMap(({ servers: at, checks }) =>
    at.flatMap((id) => (checks.includes(anyCheck) ? all : checks).map((check) => `${id} ${check}`)),
  );
}

/** A table in Markdown, a row for each server. */
export function formatSummary({ at, servers }: ConformanceResult): string {
  return [
    `${at.slice(0, 10)}, ${[...new Set(servers.map(({ server }) => server.split(/,| \(/)[0]))].join(', ')}:`,
    '',
    '| server | MUST held | SHOULD held |',
    '| --- | ---: | ---: |',
    ...servers.map(({ title, checks }) => `| ${title} | ${share(checks, 'MUST')} | ${share(checks, 'SHOULD')} |`),
  ].join('\n');
}

/** The same by paragraph of the protocol, and below it why what failed did. */
export function formatResult(result: ConformanceResult, reasons: readonly Reason[]): string {
  const { servers } = result;
  const failures = new Set(failuresOf(result));
  const paragraphs = [...new Set(servers.flatMap(({ checks }) => checks.map(({ paragraph }) => paragraph)))];
  const titles = new Map(servers.map(({ id, title }) => [id, title]));
  return [
    formatSummary(result),
    '',
    `| paragraph | ${servers.map(({ title }) => title).join(' | ')} |`,
    `| --- |${servers.map(() => ' ---: |').join('')}`,
    ...paragraphs.map((name) => {
      const cells = servers.map(({ checks }) => share(checks.filter(({ paragraph }) => paragraph === name)));
      return `| ${name} | ${cells.join(' | ')} |`;
    }),
    '',
    ...reasons.flatMap(({ servers: at, checks, why }) => {
      if (checks.includes(anyCheck))
        return [`- all that failed (${at.map((id) => titles.get(id)).join('; ')}): ${why}`];
      const failed = checks.filter((check) => at.some((id) => failures.has(`${id} ${check}`)));
      const where = at.filter((id) => checks.some((check) => failures.has(`${id} ${check}`)));
      const names = failed.map((check) => `\`${check}\``).join(', ');
      return failed.length === 0 ? [] : [`- ${names} (${where.map((id) => titles.get(id)).join('; ')}): ${why}`];
    }),
  ].join('\n');
}

function share(checks: readonly Check[], level?: string): string {
  const counted = checks.filter((check) => level === undefined || check.level === level);
  return `${counted.filter(({ outcome }) => outcome === 'held').length} of ${counted.length}`;
}
