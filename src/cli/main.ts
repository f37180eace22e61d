#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

if (process.argv[2] === 'serve') (await import('./serve-memory.ts')).startWithServeFlags();
// Before anything else is loaded: what was compiled once is not compiled again, which halves the start of a pod.
enableCompileCache();
if (process.pid === 1) (await import('../base/shutdown.ts')).endOnUnawaitedSignals();
await import('./program.ts');
