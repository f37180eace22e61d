// How soon the page of the control plane shows what happens, and what it costs the browser.
import { loadavg } from 'node:os';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { machine } from '../../src/environments/machine.ts';
import { startBrowser } from '../../test/dashboard/browser.ts';
import { timeFrozen } from './frozen.ts';
import { timeMany } from './many.ts';
import { ManyServices } from './many-services.ts';
import { watchMemory } from './memory.ts';

const usage = `Usage: npm run bench:page -- [options]
How soon the page shows that a pod is frozen, how soon it shows a thousand
Services and a change of one, and whether the browser's memory stays flat.
  --only LIST   of frozen, many, memory, with commas (default: all)
  --rounds N    how often a pod is frozen, and a page opened (default: 5)
  --services N  Services with ten pods each (default: 1000)
  --minutes N   how long memory is watched (default: 10)
  --changes N   Services whose calls change in each second of it (default: 20)
  --json        print the result as JSON
Needs Chromium: EVENKEEL_CHROMIUM, or /usr/bin/chromium.
Examples:
  npm run bench:page
  npm run bench:page -- --only memory --minutes 3 --json`;

const { values } = readArguments(usage, {
  only: { type: 'string', default: 'frozen,many,memory' },
  rounds: { type: 'number', default: 5 },
  services: { type: 'number', default: 1_000 },
  minutes: { type: 'number', default: 10 },
  changes: { type: 'number', default: 20 },
  json: { type: 'boolean', default: false },
});
const { rounds, services, minutes, changes } = values;
const only = values.only.split(',');
const unknown = only.find((part) => !['frozen', 'many', 'memory'].includes(part));
if (unknown !== undefined) wrongArguments(`--only: "${unknown}" is none of frozen, many, memory`, usage);
if (!(rounds >= 1 && services >= 2 && changes <= services)) {
  wrongArguments('rounds: 1 at least; services: 2 at least, and no fewer than changes', usage);
}

const say = (text: string): void => {
  if (!values.json) console.log(text);
};
const browser = await startBrowser();
try {
  const load = loadavg()[0];
  const frozen = only.includes('frozen') ? await timeFrozen(browser, rounds, say) : undefined;
  const many = only.some((part) => part !== 'frozen') ? await ManyServices.start(services, changes) : undefined;
  try {
    const seen = many && only.includes('many') ? await timeMany(browser, many, rounds, say) : undefined;
    const memory = many && only.includes('memory') ? await watchMemory(browser, many, minutes, say) : undefined;
    const host = { ...machine(), loadAtStart: load, browser: browser.version() };
    if (values.json) console.log(JSON.stringify({ version: 1, host, frozen, many: seen, memory }, undefined, 2));
    else say(`load ${load?.toFixed(1)} at the start, ${host.cpus} cores, Chromium ${host.browser}`);
    if (memory?.isFlat === false) process.exitCode = 1;
  } finally {
    await many?.stop();
  }
} finally {
  await browser.close();
}
