// What watchdog.test.ts watches: tries its inputs one after the other; `x` does not end, `t` throws.
import { workerData } from 'node:worker_threads';
import { Progress } from './watchdog.ts';

const progress = new Progress(workerData.progress);
for (const text of workerData.data as string[]) {
  progress.begin('planted', Buffer.from(text));
  if (text.startsWith('t')) throw new Error('broken');
  while (text.startsWith('x'));
}
