import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlPlaneLaunch } from './control-plane.ts';
import { type Sources, services } from './world.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/**
 * The health checks are more frequent than by default, so that the cases that wait for them take seconds; the same DNS
 * answer is asked for every second.
 */
const health = { intervalMs: 300, timeoutMs: 1000, rise: 1, fall: 2 };

/** The real `evenkeel serve` on an endpoint file or on DNS. */
export function evenkeelServe({ folder, endpointFile, dnsServer, gateways }: Sources): ControlPlaneLaunch {
  return async (mode, { xds, admin }) => {
    const byDns = {
      discovery: { dns: { servers: [dnsServer], minIntervalMs: 100, maxIntervalMs: 500 } },
      services: services.map((name) => ({ name, port: 50051, portName: 'grpc', protocol: 'tcp' })),
    };
    const config = {
      apiVersion: 'evenkeel.dev/v1',
      kind: 'Config',
      xds: { listen: xds },
      admin: { listen: admin },
      health,
      gateways: [...gateways].map(([name, listen]) => ({ name, listen })),
      ...(mode === 'file' ? { discovery: { file: { path: endpointFile } } } : byDns),
    };
    const file = join(folder, `evenkeel-${mode}.json`);
    await writeFile(file, JSON.stringify(config));
    return { command: process.execPath, args: [main, 'serve', '--config', file], env: {} };
  };
}
