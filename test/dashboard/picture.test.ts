import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { launch, skipBrowser } from './browser.ts';
import { hashOf, openReplay, type PictureRecord, pictureFiles, textOf } from './replay.ts';

const record = JSON.parse(readFileSync(pictureFiles.record, 'utf8')) as PictureRecord;
const redraw = 'node scripts/page-picture.mjs --redraw makes it anew';

test('the picture in the README is the one that was drawn from its record', () => {
  assert.equal(hashOf(readFileSync(pictureFiles.picture)), record.picture, redraw);
});

test('of what the picture shows, the page would say the same today', { skip: skipBrowser }, async (t) => {
  const { page, close } = await openReplay(await launch(t), record);
  t.after(close);
  assert.equal(await textOf(page), record.text, redraw);
});
