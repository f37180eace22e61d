import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { withEngine } from '../testing/open-for-test.ts';
import { fileOrText } from './opened.ts';

test('what is read from a file is sent as it is, and text must be text', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-opened-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const at = (name: string, content: Buffer): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return `@${file}`;
  };
  assert.equal(await fileOrText(at('marked.json', Buffer.from('\ufeff{"name":"Ü"}')), '--data'), '{"name":"Ü"}');
  await assert.rejects(fileOrText(at('utf16.json', Buffer.from('\ufeff{}', 'utf16le')), '--data'), {
    ...{ code: 'EK_FILE_SYNTAX', message: /utf16\.json is not in UTF-8/ },
  });
  await assert.rejects(fileOrText(`@${folder}/none`, '--data'), { code: 'EK_FILE_READ' });

  const bytes = Buffer.from([0, 0xff, 0xfe, 0x80, 0xef, 0xbb, 0xbf]);
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      resolve(body);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await withEngine(url, { body: at('picture', bytes), deadline: '30s' }, async () => {
    assert.deepEqual(await promise, bytes);
  });
});
