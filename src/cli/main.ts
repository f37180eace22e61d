#!/usr/bin/env node
import module from 'node:module';

// Nothing else is imported before this: an older Node cannot even load the rest.
if (Number.parseInt(process.versions.node, 10) < 22) {
  console.error(`evenkeel needs Node 22 or newer, and this is Node ${process.versions.node}`);
  process.exit(2);
}
if (process.argv[2] === 'serve') (await import('./serve-memory.ts')).startWithServeFlags();
// Before anything else is loaded: what was compiled once is not compiled again, which halves the start of a pod.
module.enableCompileCache();
if (process.pid === 1) (await import('../base/shutdown.ts')).endOnUnawaitedSignals();
await import('./program.ts');
