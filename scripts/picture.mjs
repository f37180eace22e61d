// Draws docs/shares.svg, the README's picture, from the report of a real run.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, wrongArguments } from './arguments.mjs';

const usage = `Usage: node scripts/picture.mjs REPORT
Draws docs/shares.svg from a report.
Example:
  npm start -- --report build/report.json
  node scripts/picture.mjs build/report.json`;
const [file] = readArguments(usage, {}, true).positionals;
if (file === undefined) wrongArguments('a report is needed', usage);

const report = JSON.parse(readFileSync(file, 'utf8'));
const rows = report.schemes.filter(({ status }) => status === 'ok');
const followed = new Map(report.scaleOut.filter(({ status }) => status === 'ok').map((row) => [row.scheme, row]));

const [left, top, barWidth, rowHeight] = [250, 66, 330, 34];
const [width, height] = [880, top + rows.length * rowHeight + 22];
const fills = ['#1b6ca8', '#58a4b0', '#a9d6e5', '#f4a261', '#e76f51', '#8d99ae'];
const escapeXml = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);
const label = (x, y, text, more = '') => `<text x="${x}" y="${y}" ${more}>${escapeXml(text)}</text>`;

function newPods(scheme) {
  const row = followed.get(scheme);
  if (row === undefined) return '';
  return row.convergedMs === null ? `not within ${row.windowMs / 1000} s` : `after ${Math.round(row.convergedMs)} ms`;
}

function drawRow({ scheme, verdict, backends }, index) {
  const y = top + index * rowHeight;
  const total = Object.values(backends.calls).reduce((sum, calls) => sum + calls, 0);
  let x = left;
  const bars = Object.values(backends.calls).map((calls, pod) => {
    const share = (calls / total) * barWidth;
    const bar = `<rect x="${x.toFixed(1)}" y="${y}" width="${share.toFixed(1)}" height="20" fill="${fills[pod % fills.length]}"/>`;
    x += share;
    return bar;
  });
  const colour = verdict === 'balanced' ? '#2a7f3f' : '#b3261e';
  return [
    label(16, y + 15, scheme),
    ...bars,
    label(left + barWidth + 16, y + 15, verdict, `fill="${colour}" font-weight="600"`),
    label(left + barWidth + 130, y + 15, newPods(scheme)),
  ].join('\n  ');
}

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#1f2328">
  <title>Share of calls that each pod answered, by way of calling, and how soon new pods get calls</title>
  <rect width="100%" height="100%" fill="#ffffff"/>
  ${label(16, 26, 'Which pod answered, by way of calling', 'font-size="16" font-weight="600"')}
  ${label(left, 52, 'share of calls by pod', 'fill="#59636e"')}
  ${label(left + barWidth + 16, 52, 'verdict', 'fill="#59636e"')}
  ${label(left + barWidth + 130, 52, 'new pods get calls', 'fill="#59636e"')}
  ${rows.map(drawRow).join('\n  ')}
</svg>
`;
writeFileSync(join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'shares.svg'), drawing);
