import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { formatAddress, listenError } from '../../base/listen-address.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import type { RunningServer } from '../pod/running-server.ts';
import { tracer } from '../tracing/tracer.ts';
import { fullName } from '../upstream/names.ts';
import { findProgram } from './find-program.ts';
import { startFrontSpans } from './front-spans.ts';
import { nginxConfig } from './nginx-config.ts';
import { shareOf } from './nginx-traces.ts';
import type { SampleNginxSettings } from './options.ts';

/**
 * The front of system D: a real nginx with a configuration made here, in front of the two applications.
 *
 * @throws EvenkeelError `EK_NGINX_MISSING`, `EK_NGINX_FAILED`, `EK_PORT_IN_USE`
 */
export async function startSampleNginx(
  settings: SampleNginxSettings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningWorkload> {
  const pod = createPod('sample-nginx', settings);
  const ended = Promise.withResolvers<never>();
  // Nobody listens for it before the workload runs, and it may end before that.
  ended.promise.catch(() => undefined);
  return runWorkload(pod, settings, {
    http: () => startNginx(settings, env, ended.reject),
    failed: ended.promise,
  });
}

async function startNginx(
  settings: SampleNginxSettings,
  env: NodeJS.ProcessEnv,
  onEnd: (error: EvenkeelError) => void,
): Promise<RunningServer> {
  const { host, podName, deadlineMs } = settings;
  const program = findProgram(settings.nginx);
  if (program === undefined) throw new EvenkeelError('EK_NGINX_MISSING', `there is no program "${settings.nginx}"`);
  const port = await freePort(host, settings.port);
  const directory = await mkdtemp(join(tmpdir(), 'evenkeel-nginx-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  const config = join(directory, 'nginx.conf');
  const address = formatAddress(host, port);
  const routes = [
    { path: '/go', upstream: qualified(settings.goUpstream, env) },
    { path: '/js', upstream: qualified(settings.jsUpstream, env) },
  ];
  const resolvers = env.EVENKEEL_DNS ? [env.EVENKEEL_DNS] : await systemResolvers();
  const asRoot = process.getuid?.() === 0;
  const tracing = tracer();
  const spans = tracing === undefined ? undefined : await startFrontSpans(tracing);
  const traces = spans === undefined ? undefined : { log: spans.address, share: shareOf(env) };
  const wanted = { directory, listen: address, pod: podName, routes, resolvers, deadlineMs, asRoot, traces };
  await writeFile(config, nginxConfig(wanted));
  const nginx = spawnNginx(program, ['-e', 'stderr', '-p', directory, '-c', config]);
  const exited = exitOf(nginx);
  try {
    await listening(host, port, exited);
  } catch (error) {
    nginx.kill();
    await exited;
    spans?.stop();
    await remove();
    throw error;
  }
  let stopping = false;
  void exited.then(({ error }) => {
    if (!stopping) onEnd(error);
  });
  return {
    address,
    async stop(graceMs) {
      stopping = true;
      // nginx: QUIT finishes what is in flight, TERM does not.
      nginx.kill('SIGQUIT');
      let clean = true;
      const cut = setTimeout(() => {
        clean = false;
        nginx.kill('SIGTERM');
      }, graceMs);
      await exited;
      clearTimeout(cut);
      spans?.stop();
      await remove();
      return clean;
    },
  };
}

/** Where there is `setpriv` (util-linux), nginx goes down with this process, even when that is killed outright. */
function spawnNginx(program: string, args: readonly string[]): ChildProcess {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  const command = [...(setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM']), program, ...args];
  return spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Resolves with what to say of it once nginx is gone; never rejects. */
async function exitOf(nginx: ChildProcess): Promise<{ error: EvenkeelError }> {
  try {
    const [code, signal] = await once(nginx, 'exit');
    return { error: new EvenkeelError('EK_NGINX_FAILED', `nginx ended with ${signal ?? `exit code ${code}`}`) };
  } catch (cause) {
    return { error: new EvenkeelError('EK_NGINX_FAILED', `nginx cannot be run: ${messageOf(cause)}`, { cause }) };
  }
}

/** nginx does not say when it listens; it does as soon as a connection opens. */
async function listening(host: string, port: number, exited: ReturnType<typeof exitOf>): Promise<void> {
  for (;;) {
    const outcome = await Promise.race([connects(host, port), exited]);
    if (outcome === true) return;
    if (outcome !== false) throw outcome.error;
    await delay(20);
  }
}

async function connects(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * The port, once it is known to be free; nginx would try for two seconds and then only say so on standard error.
 *
 * @throws EvenkeelError `EK_PORT_IN_USE`
 */
async function freePort(host: string, port: number): Promise<number> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(cause, { host, port }, '--port');
  }
  const bound = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return bound;
}

function qualified(upstream: string, env: NodeJS.ProcessEnv): string {
  const [host, ...rest] = upstream.split(':');
  return [fullName(host!, env), ...rest].join(':');
}

/** nginx knows only the servers that its configuration names. */
async function systemResolvers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const servers = [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, server]) => server!.split('%')[0]!);
  return servers.map((server) => (isIP(server) === 6 ? `[${server}]` : server));
}
