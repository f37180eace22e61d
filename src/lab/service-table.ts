import { EvenkeelError } from '../base/errors.ts';
import { formatAddress, listenError } from '../base/listen-address.ts';
import type { AddressPool } from './address-range.ts';
import { clusterDomain } from './dns/zone.ts';
import { type EndpointView, endpointsOf, type ServiceView } from './endpoints.ts';
import { checkName } from './names.ts';
import { isShiftable, portShift } from './ports.ts';
import type { ProxyPort } from './proxy/messages.ts';
import { Proxies } from './proxy/proxies.ts';
import type { Reaper } from './reaper.ts';
import type { PodRecord, ServicePortRecord, ServiceRecord } from './records.ts';
import type { ServicePortSpec, ServiceSpec } from './spec.ts';

interface Entry {
  readonly spec: ServiceSpec;
  readonly record: ServiceRecord;
  /** As {@link Proxies.open} named them. */
  readonly proxies: readonly number[];
}

export interface ServiceTableOptions {
  readonly addresses: AddressPool;
  /** For the proxies' choice. */
  readonly seed: number;
  readonly reaper: Reaper;
  /** Something that a person should know. */
  readonly notice: (text: string) => void;
}

/** The Services of a lab and their proxies. */
export class ServiceTable {
  readonly #options: ServiceTableOptions;
  readonly #proxies: Proxies;
  readonly #entries = new Map<string, Entry>();
  /** Keys of Services whose proxies are being set up. */
  readonly #pending = new Set<string>();
  #closed = false;

  constructor(options: ServiceTableOptions) {
    this.#options = options;
    this.#proxies = new Proxies(options.seed, options.reaper);
  }

  /**
   * Adds a Service; its proxies listen when it resolves.
   *
   * @throws EvenkeelError `EK_LAB_SPEC`, `EK_PORT_IN_USE`
   */
  async add(spec: ServiceSpec): Promise<ServiceRecord> {
    const { name, namespace = 'default', headless = false, spread = 'pod' } = spec;
    checkSpec(spec);
    const key = `${namespace}/${name}`;
    if (this.#entries.has(key) || this.#pending.has(key)) {
      throw new EvenkeelError('EK_LAB_SPEC', `there is a Service ${key} already`, { field: 'name' });
    }
    this.#pending.add(key);
    const clusterIp = headless ? undefined : this.#options.addresses.take();
    const proxies: number[] = [];
    try {
      const dnsName = `${name}.${namespace}.svc.${clusterDomain}`;
      const ports: ServicePortRecord[] = [];
      for (const port of spec.ports) {
        const bound =
          clusterIp === undefined
            ? (port.targetPort ?? port.port)
            : await this.#proxy(key, clusterIp, port, { spread, kubeNode: spec.kubeNode }, proxies);
        ports.push(portRecord(port, bound, clusterIp, dnsName));
      }
      if (this.#closed) throw new EvenkeelError('EK_LAB_STOPPED', 'the lab ended meanwhile');
      const record = { name, namespace, dnsName, headless, clusterIp, ports, selector: spec.selector };
      this.#entries.set(key, { spec, record, proxies });
      return record;
    } catch (error) {
      await Promise.all(proxies.map((proxy) => this.#proxies.close(proxy)));
      if (clusterIp !== undefined) this.#options.addresses.giveBack(clusterIp);
      throw error;
    } finally {
      this.#pending.delete(key);
    }
  }

  /** @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  async delete(name: string): Promise<void> {
    const { record, proxies } = this.#entry(name);
    this.#entries.delete(`${record.namespace}/${record.name}`);
    await Promise.all(proxies.map((proxy) => this.#proxies.close(proxy)));
    if (record.clusterIp !== undefined) this.#options.addresses.giveBack(record.clusterIp);
  }

  /** @throws EvenkeelError `EK_LAB_UNKNOWN_NAME` */
  get(name: string): ServiceRecord {
    return this.#entry(name).record;
  }

  all(): ServiceRecord[] {
    return Array.from(this.#entries.values(), ({ record }) => record);
  }

  view(pods: readonly PodRecord[]): EndpointView {
    return new Map<string, ServiceView>(
      Array.from(this.#entries, ([key, { spec, record }]) => [
        key,
        { service: record, endpoints: endpointsOf(spec, pods), healthCheck: spec.healthCheck },
      ]),
    );
  }

  /** The proxies are told who is behind the Services. */
  publish(view: EndpointView): void {
    this.#proxies.publish(view);
  }

  /** Resolves once the proxies know what was published by now. */
  synced(): Promise<void> {
    return this.#proxies.synced();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#proxies.end();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name.includes('/') ? name : `default/${name}`);
    if (entry !== undefined) return entry;
    const known = [...this.#entries.keys()].join(', ') || 'none';
    throw new EvenkeelError('EK_LAB_UNKNOWN_NAME', `there is no Service ${name}; there are: ${known}`);
  }

  /** @returns the port that it listens on */
  async #proxy(
    key: string,
    host: string,
    spec: ServicePortSpec,
    how: Pick<ProxyPort, 'spread' | 'kubeNode'>,
    proxies: number[],
  ): Promise<number> {
    const listen = async (port: number): Promise<number> => {
      const targetPort = spec.targetPort ?? spec.port;
      proxies.push(await this.#proxies.open({ service: key, host, port, targetPort, ...how }));
      return port;
    };
    const field = `the lab's Service ${key}`;
    try {
      return await listen(spec.port);
    } catch (error) {
      if (!isShiftable(error, spec.port)) throw listenError(error, { host, port: spec.port }, field);
    }
    const shifted = spec.port + portShift;
    try {
      await listen(shifted);
    } catch (error) {
      throw listenError(error, { host, port: shifted }, field);
    }
    this.#options.notice(
      `Service ${key}: this user cannot listen on port ${spec.port}, so it is at ${formatAddress(host, shifted)}`,
    );
    return shifted;
  }
}

function portRecord(
  spec: ServicePortSpec,
  boundPort: number,
  clusterIp: string | undefined,
  dnsName: string,
): ServicePortRecord {
  return {
    name: spec.name ?? '',
    port: spec.port,
    boundPort,
    shifted: clusterIp !== undefined && boundPort !== spec.port,
    targetPort: spec.targetPort ?? spec.port,
    appProtocol: spec.appProtocol,
    address: formatAddress(clusterIp ?? dnsName, boundPort),
  };
}

function checkSpec({ name, namespace = 'default', ports, headless = false, spread, kubeNode }: ServiceSpec): void {
  checkName(name, 'name');
  checkName(namespace, 'namespace');
  if (headless && (spread ?? kubeNode) !== undefined) {
    throw new EvenkeelError(
      'EK_LAB_SPEC',
      `Service ${name} is headless and has no proxy that could spread connections`,
      {
        field: spread === undefined ? 'kubeNode' : 'spread',
      },
    );
  }
  const names = ports.map((port) => port.name ?? '');
  const problem =
    ports.length === 0
      ? 'has no port'
      : new Set(names).size < names.length
        ? 'has ports without a name of their own'
        : new Set(ports.map(({ port }) => port)).size < ports.length
          ? 'has a port twice'
          : ports.some(({ port, targetPort = port }) => !isPort(port) || !isPort(targetPort))
            ? 'has a port that is not from 1 to 65535'
            : undefined;
  if (problem !== undefined) throw new EvenkeelError('EK_LAB_SPEC', `Service ${name} ${problem}`, { field: 'ports' });
  for (const portName of names) if (portName !== '') checkName(portName, 'ports[].name', 15);
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
