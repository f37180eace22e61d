import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { freePorts } from '../driver/free-ports.ts';

/** An alert as Prometheus sends it to an Alertmanager. */
export interface Sent {
  readonly labels: Readonly<Record<string, string>>;
  readonly endsAt: string;
}

/** A sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Alerts come within seconds; a machine that is busy has so long. */
const untilMs = 240_000;

/** Why it cannot run here; undefined: it can. */
export function missingPrometheus(): string | undefined {
  const found = spawnSync('prometheus', ['--version']).error === undefined;
  return found ? undefined : 'there is no prometheus on PATH (apt-get install prometheus)';
}

/**
 * A real Prometheus on loopback that looks every second, and an Alertmanager that notes what it is sent.
 *
 * @param rules - a rule file
 * @param targets - admin addresses by the name that becomes the label `plane`
 */
export async function startPrometheus(
  t: TestContext,
  folder: string,
  rules: string,
  targets: ReadonlyMap<string, string>,
) {
  const sent: Sent[] = [];
  const watchers = new Set<() => void>();
  const manager = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    // It says as well which are over.
    sent.push(...(JSON.parse(body) as Sent[]).filter(({ endsAt }) => Date.parse(endsAt) > Date.now()));
    response.end();
    for (const watcher of [...watchers]) watcher();
  }).listen(0, '127.0.0.1');
  await once(manager, 'listening');
  t.after(() => {
    manager.closeAllConnections();
    manager.close();
  });
  const [port] = await freePorts(1);
  await writeFile(join(folder, 'rules.yaml'), rules);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${(manager.address() as AddressInfo).port}`] }] }],
    },
    scrape_configs: [
      {
        job_name: 'evenkeel',
        static_configs: [...targets].map(([plane, address]) => ({ targets: [address], labels: { plane } })),
      },
    ],
  };
  await writeFile(join(folder, 'prometheus.json'), JSON.stringify(config));
  const flags = [`--config.file=${join(folder, 'prometheus.json')}`, `--web.listen-address=127.0.0.1:${port}`];
  const storage = [`--storage.tsdb.path=${join(folder, 'data')}`, '--log.level=info'];
  const child = spawn('prometheus', [...flags, ...storage], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const words: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    words.push(line);
    if (line.includes('Server is ready to receive web requests')) ready.resolve();
  });
  await Promise.race([
    ready.promise,
    ended.then(() => {
      throw new Error(`Prometheus ended:\n${words.slice(-10).join('\n')}`);
    }),
  ]);
  return {
    /** What was sent to the Alertmanager so far. */
    sent,
    /** Resolves once nothing is missing, which is looked at whenever alerts come; rejects after minutes with what is. */
    until: (missing: () => readonly string[]): Promise<void> =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(limit);
          watchers.delete(look);
        };
        const limit = setTimeout(() => {
          end();
          reject(new Error(`not sent: ${missing().join(', ')}`));
        }, untilMs);
        const look = (): void => {
          if (missing().length > 0) return;
          end();
          resolve();
        };
        watchers.add(look);
        look();
      }),
    async query(query: string): Promise<Sample[]> {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query })}`);
      const answer = (await response.json()) as { status: string; error?: string; data?: { result: Sample[] } };
      if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`);
      return answer.data!.result;
    },
  };
}
