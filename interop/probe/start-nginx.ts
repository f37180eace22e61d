import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** One port of nginx, in front of one server of gRPC. */
export interface NginxPort {
  /** On 127.0.0.1. */
  readonly listen: number;
  /** `HOST:PORT` */
  readonly to: string;
  /** `keepalive_requests`: it says GOAWAY after so many. */
  readonly requestsOfConnection: number;
}

/** Starts nginx as one process; resolves when it listens. */
export async function startNginx(...ports: readonly NginxPort[]): Promise<{ stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-nginx-'));
  const file = join(folder, 'nginx.conf');
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${folder}/${of};`);
  const servers = ports.map(
    ({ listen, to, requestsOfConnection }) =>
      `server { listen 127.0.0.1:${listen} http2; keepalive_requests ${requestsOfConnection}; location / { grpc_pass grpc://${to}; } }`,
  );
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/errors; events {}
http { access_log off; ${kept.join(' ')} ${servers.join('\n')} }
`,
  );
  const child = spawn('nginx', ['-c', file, '-e', join(folder, 'errors')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  };
  while (!(await listens(ports[0]!.listen))) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`nginx ended with ${child.exitCode}`);
    }
    await delay(20);
  }
  return { stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
