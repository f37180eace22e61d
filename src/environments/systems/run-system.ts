import { styleText } from 'node:util';
import { EvenkeelError } from '../../base/errors.ts';
import { own } from '../../base/own.ts';
import { leaveSoon, terminationSignal } from '../../base/shutdown.ts';
import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { hurriedGraceMs, Lab } from '../../lab/index.ts';
import { systemA } from './a.ts';
import { systemB } from './b.ts';
import { systemC } from './c.ts';
import { systemD } from './d.ts';
import { systemE } from './e.ts';
import { findPrograms, startSystem } from './start-system.ts';
import type { Address, ReferenceSystem } from './system.ts';
import { tracesEnvironment } from './traces.ts';

const systems: Readonly<Record<string, ReferenceSystem>> = {
  a: systemA,
  b: systemB,
  c: systemC,
  d: systemD,
  e: systemE,
};

/** What `--json` prints, on one line, once the system takes calls. */
export interface SystemReady {
  readonly system: string;
  readonly id: string;
  /** By the names that the system's page uses. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly show: readonly string[];
  readonly notices: readonly string[];
}

/** Starts one reference system, says what to try and keeps it up until somebody ends it. @throws EvenkeelError */
export async function runSystem(raw: Readonly<Record<string, unknown>>): Promise<void> {
  const name = String(raw.system);
  const system = own(systems, name);
  if (system === undefined) {
    throw new EvenkeelError('EK_USAGE', `there is no system "${name}"; there are: ${Object.keys(systems).join(', ')}`, {
      field: '--system',
    });
  }
  const traces = tracesEnvironment(raw.traces as string | undefined, process.env);
  // Asked for before anything is started, so that none is missed.
  const ended = terminationSignal();
  const programs = await findPrograms();
  const lab = await Lab.start({ id: raw.id as string | undefined });
  const stop = ended.then(async (signal) => {
    console.error(`note: ${signal}: ending the lab; a second one ends this at once`);
    await lab.stop({ graceMs: hurriedGraceMs });
    leaveSoon();
  });
  try {
    const { absent, notices } = await startSystem(lab, system, programs, traces);
    const addresses = Object.fromEntries(
      Object.entries(system.addresses)
        .filter(([, address]) => !isAbsent(address, absent))
        .map(([key, address]) => [key, resolve(lab, address)]),
    );
    const show = system.show.filter((line) =>
      Object.keys(system.addresses).every((key) => key in addresses || !line.includes(`"$${key}`)),
    );
    const ready: SystemReady = { system: name, id: lab.id, addresses, show, notices: [...lab.notices, ...notices] };
    console.log(raw.json === true ? JSON.stringify(ready) : describe(ready, system.title));
    await Promise.race([stop, lab.stopped]);
  } catch (error) {
    // Whoever ends it while it starts means just that.
    if (!(error instanceof EvenkeelError && error.code === 'EK_LAB_STOPPED')) throw error;
  } finally {
    await lab.stop();
  }
}

function isAbsent(address: Address, absent: ReadonlySet<string>): boolean {
  return typeof address === 'object' && Object.values(address).some((name) => absent.has(name));
}

function resolve(lab: Lab, address: Address): string {
  if (address === 'bootstrap') {
    const server = portOf(lab, 'xds-srv', undefined);
    return JSON.stringify(clientBootstrap({ server, namespace: 'default', nodeId: 'shell' }));
  }
  if ('podOf' in address) return lab.pods(address.podOf)[0]!.name;
  if ('http' in address) return `http://${portOf(lab, address.http, address.port)}`;
  return portOf(lab, address.grpc, address.port);
}

function portOf(lab: Lab, service: string, name: string | undefined): string {
  return lab.service(service).ports.find((port) => name === undefined || port.name === name)!.address;
}

function describe({ system, id, addresses, show, notices }: SystemReady, title: string): string {
  return [
    styleText('bold', `system ${system} is up as lab ${id}: ${title}`),
    ...notices,
    '',
    'In a second terminal:',
    ...Object.entries(addresses).map(([key, value]) => `  export ${key}='${value}'`),
    ...show.map((line) => `  ${line}`),
    '',
    `docs/systems/${system}.md says what is to be seen. Ctrl-C ends it, and so does: evenkeel lab down --id ${id}`,
  ].join('\n');
}
