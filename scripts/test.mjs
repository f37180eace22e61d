// Runs the tests. A process for each file costs more than most files do: the xDS library alone takes half a second to load.
// So files that only look at what functions return share two processes, and the others have one each, the longest first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';

const { values } = readArguments(
  `Usage: npm run test:unit [-- --concurrency N]
Runs all tests that need no cluster and no clients of other makers.
  --concurrency N  test files at once (default 4)
Example:
  npm run test:unit`,
  { concurrency: { type: 'number', default: 4 } },
);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = ['--import', join(root, 'scripts', 'compile-cache.mjs')];
const limit = ['--import', join(root, 'scripts', 'test-limit.mjs')];
const filesIn = (patterns) => globSync(patterns, { cwd: root }).sort();

/** Tests of these change nothing outside themselves and wait for nothing outside the process. */
const together = [
  [
    'packages/xds/src/{builders,cache,http2,load-reports,profile,stream}/*.test.ts',
    'packages/xds/src/grpc/*-*.test.ts',
    'packages/xds/src/memory/memory-*.test.ts',
    'packages/xds/src/server/{convergence,fan-out,rounds,session-places}.test.ts',
    'packages/xds/src/transport/{connection,floods,reading-turns,unread}.test.ts',
    'src/{ejection,plan,translate}/*.test.ts',
    'src/base/{c,d,e,j,l,p}*.test.ts',
    'src/controlplane/{answering-endpoints,auth,client-*,config*,connection-places,ejections,empty-ports,explain-port}.test.ts',
    'src/controlplane/{local-traffic-docs,metrics,missing-targets,model-store,node-group,peer-log,publish*}.test.ts',
    'src/controlplane/{replica-watch,service-health,standstill,tls-reloader}.test.ts',
  ],
  [
    'src/{dashboard/model,feed,load,model,verdict}/*.test.ts',
    'src/discovery/kubernetes/{a,json,kube-,merge,node,outage,proxy-,se,su}*.test.ts',
    'src/environments/cluster/*.test.ts',
    'src/experiments/*/{conclude,page,recommend}.test.ts',
    'src/explain/{conclude,read-target}.test.ts',
    'src/health/{c,d,h,s,v}*.test.ts',
    'src/lab/{address,names,output,random,replacement,restart,spread}*.test.ts',
    'src/lab/{dns,probes}/*.test.ts',
    'src/live/*.test.ts',
    'src/probe/{identify,schemes}/*.test.ts',
    'src/probe/{options,output-file,progress,report-docs}.test.ts',
    'src/probe/load/{add-up,arrivals,recorder}.test.ts',
    'src/probe/measure/{follow-changes,gate,judge-run,report-docs,saturation}.test.ts',
    'src/probe/target/{fit-data,method,parse-target,xds-endpoints}.test.ts',
  ],
].map(filesIn);
const shared = new Set(together.flat());
/** Whole labs, browsers and packages come first, so that none is alone at the end. */
const long = /^(?:src\/experiments|test|src\/cli)\//;
const others = filesIn('{packages/*/src,src,deploy,test}/**/*.test.ts')
  .filter((file) => !shared.has(file))
  .sort((a, b) => Number(long.test(b)) - Number(long.test(a)));

/** Runs test files in one process; what it prints is printed when it ends. */
async function runTogether(files) {
  const child = spawn(process.execPath, [...cache, ...limit, '--test', '--test-isolation=none', ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  process.stdout.write(await text(child.stdout));
  const [code] = await ended;
  if (code !== 0) process.exitCode = 1;
}

await Promise.all(together.map(runTogether));
run({ files: others, cwd: root, concurrency: values.concurrency, execArgv: [...cache, ...limit] })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
