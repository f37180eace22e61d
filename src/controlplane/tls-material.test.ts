import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTlsMaterial } from './tls-material.ts';

test('a file that is too large for a certificate is refused by name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const cert = join(folder, 'tls.crt');
  writeFileSync(cert, Buffer.alloc(1024 * 1024 + 1, 'x'));
  await assert.rejects(readTlsMaterial({ cert, key: cert }), (error: { code?: string; message?: string }) => {
    assert.equal(error.code, 'EK_TLS_CERTIFICATE');
    assert.match(error.message ?? '', /tls\.crt.*larger than 1048576 bytes/);
    return true;
  });
});
