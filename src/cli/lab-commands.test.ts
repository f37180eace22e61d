import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Command } from 'commander';
import { Lab, type LabState, type PodRecord } from '../lab/index.ts';
import { testPod } from '../lab/testdata/start.ts';
import { registerLabCommands } from './lab-commands.ts';

/** A place for labs that no other test sees, and a way to start them there. */
function setUp(t: TestContext): (id?: string) => Promise<Lab> {
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), 'ek-'));
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');
  process.env.TMPDIR = folder;
  const labs: Lab[] = [];
  t.after(async () => {
    await Promise.all(labs.map((lab) => lab.stop()));
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return async (id) => {
    const lab = await Lab.start({ id });
    labs.push(lab);
    return lab;
  };
}

/** Runs `evenkeel lab …` and gives what it prints. */
async function run(t: TestContext, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  const log = t.mock.method(console, 'log', (line: string) => lines.push(line));
  const root = new Command('evenkeel').exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  // As the lab command itself has it: options of the same name there take what is meant for the commands below.
  registerLabCommands(root.command('lab').option('--id <name>').option('--json'));
  try {
    await root.parseAsync(['lab', ...args], { from: 'user' });
  } finally {
    log.mock.restore();
  }
  return lines.join('\n');
}

test('ps shows deployments, Services and pods, as text and as JSON', async (t) => {
  const lab = await setUp(t)('shown');
  await lab.createService({ name: 'web-srv', selector: ['web'], ports: [{ name: 'http', port: 8080 }] });
  await lab.createService({ name: 'web', headless: true, ports: [{ port: 8080 }] });
  lab.createDeployment({ name: 'web', replicas: 2, template: testPod() });
  const pods = await lab.ready('web');

  const text = await run(t, 'ps');
  assert.match(text, /^lab shown, process \d+, addresses 127\.\d+\.x\.y, DNS 127\.\S+, seed 1$/m);
  assert.match(text, /^web +2\/2 +2 +1$/m);
  assert.match(text, /^web-srv +ClusterIP +http 8080 +127\.\d+\.200\.1:8080$/m);
  assert.match(text, /^web +headless +8080 +web\.default\.svc\.cluster\.local:8080$/m);
  for (const { name, ip } of pods) {
    assert.match(text, new RegExp(`^${name} +yes +Running +0 +\\d+s +${ip} +node-\\d +zone-[ab]$`, 'm'));
  }
  const state = JSON.parse(await run(t, 'ps', '--id', 'shown', '--json')) as LabState;
  assert.deepEqual(
    state.pods.map(({ name }) => name),
    pods.map(({ name }) => name),
  );
  assert.equal(state.lab.dnsAddress, lab.dnsAddress);
});

test('scale, rollout, history and undo wait until they are through', async (t) => {
  const lab = await setUp(t)();
  lab.createDeployment({ name: 'web', template: testPod({ VERSION: 'v1' }) });
  await lab.ready('web');
  assert.equal(await run(t, 'scale', 'web', '3'), 'web: 3 of 3 pods ready, 3 of revision 1');
  assert.equal(
    await run(t, 'rollout', 'web', '--set', 'VERSION=v2', '--set', 'X=a=b', '--cause', 'version 2'),
    'web: 3 of 3 pods ready, 3 of revision 2',
  );
  assert.match(await run(t, 'rollout', 'history', 'web'), /^REVISION +TEMPLATE +CAUSE\n1 +\w+ +-\n2 +\w+ +version 2$/);
  assert.equal(await run(t, 'rollout', 'undo', 'web'), 'web: 3 of 3 pods ready, 3 of revision 3');
  assert.equal(await run(t, 'rollout', 'undo', 'web', '--to-revision', '2'), 'web: 3 of 3 pods ready, 3 of revision 4');
  assert.match(await run(t, 'rollout', 'web', '--no-wait'), /^web: \d of 3 pods ready, \d of revision 5$/);
  assert.match(await run(t, 'scale', 'web', '0', '--no-wait'), /^web: \d of 0 pods ready/);
});

test('kill restarts a pod or replaces it, logs show what it wrote', async (t) => {
  const lab = await setUp(t)();
  lab.createDeployment({ name: 'web', template: testPod() });
  const [pod] = (await lab.ready('web')) as [PodRecord];
  await run(t, 'kill', pod.name);
  await lab.waitFor('the restart', () => lab.pod(pod.name).restarts === 1 && lab.pod(pod.name).ready);
  assert.match(await run(t, 'logs', pod.name), new RegExp(`^${pod.name} is up$`, 'm'));

  assert.equal(await run(t, 'kill', pod.name, '--delete'), `pod ${pod.name} is terminating`);
  const [other] = await lab.settled('web');
  assert.notEqual(other!.name, pod.name);
  assert.match(await run(t, 'logs', pod.name), /drained$/);

  await run(t, 'kill', other!.name, '--signal', 'term');
  await lab.waitFor('the restart', () => lab.pod(other!.name).restarts === 1);
  assert.deepEqual(lab.pod(other!.name).lastExit, { code: 0, signal: undefined });
});

test('down ends the lab, and returns once nothing is left', async (t) => {
  const lab = await setUp(t)('gone');
  lab.createDeployment({ name: 'web', replicas: 2, template: testPod() });
  await lab.ready('web');
  assert.equal(await run(t, 'down'), 'lab gone is down, 2 pods ended');
  assert.equal(existsSync(lab.stateDir), false);
  await lab.stopped;
  await assert.rejects(run(t, 'ps'), { code: 'EK_LAB_NOT_FOUND', message: 'no lab is running', exitCode: 2 });
});

test('which lab is meant must be clear', async (t) => {
  const start = setUp(t);
  await assert.rejects(run(t, 'ps'), { code: 'EK_LAB_NOT_FOUND' });
  await Promise.all([start('one'), start('two')]);
  await assert.rejects(run(t, 'ps'), {
    code: 'EK_LAB_AMBIGUOUS',
    message: '2 labs are running: one, two',
    exitCode: 2,
  });
  await assert.rejects(run(t, 'ps', '--id', 'three'), {
    code: 'EK_LAB_NOT_FOUND',
    message: 'there is no lab "three"; running: one, two',
  });
  assert.match(await run(t, 'ps', '--id', 'two'), /^lab two/);
});

test('mistakes are told with what would have been right', async (t) => {
  const lab = await setUp(t)();
  lab.createDeployment({ name: 'web', template: testPod() });
  const [pod] = (await lab.ready('web')) as [PodRecord];
  await assert.rejects(run(t, 'scale', 'wbe', '2'), {
    code: 'EK_LAB_UNKNOWN_NAME',
    message: 'there is no deployment wbe; there are: web',
    exitCode: 2,
  });
  await assert.rejects(run(t, 'kill', 'nobody'), { message: `there is no pod nobody; there are: ${pod.name}` });
  await assert.rejects(run(t, 'kill', pod.name, '--signal', 'NOSUCH'), { code: 'EK_USAGE' });
  await assert.rejects(run(t, 'scale', 'web', '501'), { code: 'EK_LAB_SPEC' });
  await assert.rejects(run(t, 'scale', 'web', 'many'), { code: 'commander.invalidArgument' });
  await assert.rejects(run(t, 'rollout', 'web', '--set', 'novalue'), { code: 'commander.invalidArgument' });
  await assert.rejects(run(t, 'rollout', 'undo', 'web', '--to-revision', '9'), {
    code: 'EK_LAB_UNKNOWN_NAME',
    message: 'web has no revision 9; it has: 1',
  });
});

test('every command has examples in its help, and they work', async (t) => {
  const lab = await setUp(t)('lab30');
  lab.createDeployment({ name: 'be1', template: testPod() });
  await lab.ready('be1');
  const root = new Command('evenkeel');
  registerLabCommands(root.command('lab'));
  const commands = root.commands[0]!.commands.flatMap((command) => [command, ...command.commands]);
  assert.deepEqual(
    commands.map((command) => command.name()),
    ['ps', 'scale', 'rollout', 'history', 'undo', 'kill', 'logs', 'down'],
  );
  const used = new Set<string>();
  const another = async (): Promise<string> => {
    const unused = (): PodRecord | undefined => lab.pods('be1').find(({ ready, name }) => ready && !used.has(name));
    await lab.waitFor('a pod that no example has used', () => unused() !== undefined, { timeoutMs: 120_000 });
    const { name } = unused()!;
    used.add(name);
    return name;
  };
  for (const command of commands) {
    const help: string[] = [];
    command.configureOutput({ writeOut: (text) => help.push(text) }).outputHelp();
    const examples = [...help.join('').matchAll(/^ {2}evenkeel lab (.+?)(?: {2,}.*)?$/gm)].map(([, line]) => line!);
    assert.ok(examples.length > 0, command.name());
    // Whichever is first ends the lab.
    for (const line of command.name() === 'down' ? examples.slice(-1) : examples) {
      const pod = line.includes('POD') ? await another() : '';
      const old = lab.history('be1')[0]!.revision;
      const words = [
        ...line
          .replace('POD', pod)
          .replace('revision 2', `revision ${old}`)
          .matchAll(/"([^"]*)"|(\S+)/g),
      ].map(([, quoted, bare]) => quoted ?? bare!);
      assert.ok((await run(t, ...words)).length > 0, line);
    }
  }
  await lab.stopped;
});
