import type { Command } from 'commander';
import { addLiveOptions, type LiveOptions } from './live-options.ts';

interface TopOptions extends LiveOptions {
  readonly once?: true;
  readonly pods?: string;
}

const refreshMs = 1_000;
/** Clears the screen and puts the cursor in its corner. */
const clear = '\u001B[H\u001B[2J\u001B[3J';

export function registerTop(root: Command): void {
  const command = root
    .command('top')
    .description('Show live who gets the calls: every Service and pod, as clients report them.')
    .option('--once', 'print once and end; so it is where standard output is no terminal')
    .option('--pods <n>', 'most pods of a Service (default: 12)');
  addLiveOptions(command)
    .addHelpText(
      'after',
      `
Needs a control plane with --load-reports. What is heard, and what is not: docs/load.md

Examples:
  evenkeel top
  evenkeel top --service shop/orders --once
  kubectl port-forward deployment/evenkeel 18001 & evenkeel top --json`,
    )
    .action(async (options: TopOptions) => top(options));
}

async function top(options: TopOptions): Promise<void> {
  const [{ terminationSignal }, { printTop }, { painter }, { useColour }, { viewOf, wholeNumber }] = await Promise.all([
    import('../base/shutdown.ts'),
    import('../live/print-top.ts'),
    import('../probe/print/layout.ts'),
    import('../probe/print/print-report.ts'),
    import('./live-view.ts'),
  ]);
  const pods = options.pods === undefined ? undefined : wholeNumber(options.pods, '--pods');
  const paint = painter(useColour(process.stdout));
  if (options.json) {
    console.log(JSON.stringify(await viewOf(options)));
    return;
  }
  if (options.once || !process.stdout.isTTY) {
    console.log(printTop(await viewOf(options), paint, pods));
    return;
  }
  const ended = new AbortController();
  void terminationSignal().then(() => ended.abort());
  while (!ended.signal.aborted) {
    const view = await viewOf(options, ended.signal).catch((thrown: unknown) => {
      if (!ended.signal.aborted) throw thrown;
    });
    if (view === undefined) return;
    const text = printTop(view, paint, pods);
    const lines = text.split('\n').slice(0, Math.max(1, process.stdout.rows - 1));
    process.stdout.write(`${clear}${lines.join('\n')}\n`);
    await pause(refreshMs, ended.signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
