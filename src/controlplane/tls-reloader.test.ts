import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, systemClock } from '../base/clock.ts';
import { TestAuthority } from './testing/certificates.ts';
import { TlsReloader } from './tls-reloader.ts';

test('files that stay broken are reported once, however often they are looked at', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-reload-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const { cert, key } = new TestAuthority().issue({ dns: ['localhost'], usage: 'server' });
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);

  const replace = (file: string, text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };

  let readings = 0;
  // Waiting takes no time here, so that a poll follows the other, and each is long after the one before.
  const clock: Clock = { now: () => readings * 10_000, after: (_ms, run) => systemClock.after(1, run) };
  const failures: string[] = [];
  const changes: unknown[] = [];
  const nineReadings = Promise.withResolvers<void>();
  const recovered = Promise.withResolvers<void>();
  const reloader = new TlsReloader({
    files,
    clock,
    now: () => {
      readings += 1;
      if (readings === 9) nineReadings.resolve();
      return Date.now();
    },
    changed: (material) => {
      changes.push(material);
      recovered.resolve();
    },
    failed: ({ message }) => failures.push(message),
  });
  t.after(() => reloader.stop());
  await reloader.start();
  replace(files.key, 'nonsense');
  await nineReadings.promise;
  assert.equal(failures.length, 1, failures.join('\n'));
  assert.ok(reloader.problem);
  replace(files.key, key);
  await recovered.promise;
  assert.equal(reloader.problem, undefined);
  assert.equal(failures.length, 1);
});
