import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { type Output, outputOf } from '../../src/base/testing/output-of.ts';
import { type ProbeReport, probeReportSchema } from '../../src/probe/measure/report.ts';
import type { StartedServer } from './start-server.ts';

export const root = resolve(import.meta.dirname, '..', '..');
const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
/** A server that has stopped answering is found by the test's own timeout. */
const patient = ['--deadline', '60s', '--connect-timeout', '60s', '--warmup', '0', '--json'];

/** Runs `evenkeel probe`; deadlines are long, the report is JSON, and there is no warm-up, unless `args` say otherwise. */
export async function evenkeel(...args: string[]): Promise<Output> {
  const main = join(root, 'src', 'cli', 'main.ts');
  const child = spawn(process.execPath, [main, 'probe', ...patient, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return outputOf(child);
}

/** The report of a run that ends with code 0. */
export async function probe(...args: string[]): Promise<ProbeReport> {
  const { code, stdout, stderr } = await evenkeel(...args);
  assert.equal(code, 0, stderr);
  return probeReportSchema.parse(JSON.parse(stdout));
}

export const targetOf = (servers: readonly StartedServer[]): string =>
  `ipv4:${servers.map(({ address }) => address).join(',')}`;

/** What is not there is skipped, unless nothing may be. */
export function missing(t: TestContext, what: string): void {
  if (requireAll) throw new Error(`${what}, and EVENKEEL_REQUIRE=all lets nothing be skipped`);
  t.skip(what);
}
