// A lab in a process of its own, for tests of what is left of it: prints what it has and then lives on.
import { spawn } from 'node:child_process';
import { Lab } from '../index.ts';
import { testPod } from './start.ts';

const lab = await Lab.start({ id: process.argv[2] });
await lab.createService({ name: 'web', ports: [{ port: 8080 }] });
lab.createDeployment({ name: 'web', replicas: 2, template: testPod({ IGNORE_SIGTERM: '1' }) });
// A shell that starts something of its own, as nginx or a script would.
lab.createDeployment({ name: 'shell', template: { command: '/bin/sh', args: ['-c', 'sleep 1000 & echo $!; wait'] } });
await Promise.all([lab.ready('web'), lab.ready('shell')]);
const guarded = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
lab.guard(guarded.pid!);

const [shell] = lab.pods('shell');
while (lab.logs(shell!.name) === '') await new Promise((resolve) => setTimeout(resolve, 10));
const pids = [...lab.pods().map(({ pid }) => pid), guarded.pid, Number(lab.logs(shell!.name))];
console.log(JSON.stringify({ pids, stateDir: lab.stateDir }));
process.once('SIGTERM', () => void lab.stop({ graceMs: 100 }).then(() => guarded.kill('SIGKILL')));
process.once('SIGUSR2', () => {
  throw new Error('a crash, on purpose');
});
