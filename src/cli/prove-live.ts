import { liveGate } from '../live/live-gate.ts';
import { printTop } from '../live/print-top.ts';
import { painter } from '../probe/print/layout.ts';
import { useColour } from '../probe/print/print-report.ts';
import type { LiveOptions } from './live-options.ts';
import { viewOf } from './live-view.ts';

/** Prints what clients report and whether it is even; the exit code: 0 it is, 1 it is not. */
export async function proveLive(options: LiveOptions): Promise<number> {
  const view = await viewOf(options);
  const gate = liveGate(view, options.service ?? []);
  if (options.json) console.log(JSON.stringify({ ...gate, ...view }));
  else {
    const paint = painter(useColour(process.stdout));
    console.log(`${printTop(view, paint)}\n\n${paint('bold', gate.conclusion)}`);
  }
  return gate.met ? 0 : 1;
}
