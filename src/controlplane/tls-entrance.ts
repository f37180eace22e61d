import type { BlockList, Socket } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import type { MemoryBudget, ResourceFilter } from '@evenkeel/xds';
import type { ListenAddress } from '../base/listen-address.ts';
import type { Logger } from '../base/log.ts';
import { ambiguity, describeNames, namesIn } from './auth-names.ts';
import type { ResourceOwners } from './auth-owners.ts';
import { type ClientRule, compileRules, everything, type Grant } from './auth-rules.ts';
import type { Metrics } from './metrics.ts';
import { PeerLog } from './peer-log.ts';
import { TlsListener } from './tls-listener.ts';
import type { TlsFiles, TlsMaterial } from './tls-material.ts';
import { TlsReloader } from './tls-reloader.ts';

export interface TlsSettings extends TlsFiles {
  readonly listen: ListenAddress;
  /** Who may connect; undefined: everybody whose certificate is of the authorities. */
  readonly clients?: readonly ClientRule[] | undefined;
}

export interface TlsEntranceOptions {
  readonly settings: TlsSettings;
  readonly owners: ResourceOwners;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Where handshakes are charged. */
  readonly memory: MemoryBudget;
  /** Who has to wait in a storm of connections. */
  readonly shares: BlockList;
  /** Handshakes at once. */
  readonly maxHandshakes: number;
  /** Takes over a connection whose client may come in. */
  accepted(socket: Socket): void;
}

/** Where clients come in with TLS: the listener, its files, and the rules of who may come and see what. */
export class TlsEntrance {
  readonly #options: TlsEntranceOptions;
  readonly #reloader: TlsReloader;
  readonly #grantOf: (names: ReturnType<typeof namesIn>) => Grant | undefined;
  #listener: TlsListener | undefined;
  #material: TlsMaterial | undefined;
  readonly #peers: PeerLog;

  constructor(options: TlsEntranceOptions) {
    const { settings, metrics, log } = options;
    this.#options = options;
    this.#peers = new PeerLog(log, metrics);
    this.#grantOf = settings.clients === undefined ? () => everything : compileRules(settings.clients);
    this.#reloader = new TlsReloader({
      files: settings,
      changed: (material) => {
        this.#material = material;
        this.#listener?.renew(material);
        this.#warnOfKey(material);
        metrics.count('evenkeel_tls_reloads_total', { result: 'done' });
        log.info({ notAfter: isoOf(material) }, 'new certificates are in force; open streams stay');
      },
      failed: (error) => {
        metrics.count('evenkeel_tls_reloads_total', { result: 'failed' });
        log.error({ error: error.toJSON() }, 'the new certificates cannot be used; the ones before stay in force');
      },
    });
  }

  /**
   * Reads the files and listens.
   *
   * @throws EvenkeelError `EK_FILE_READ`, `EK_TLS_CERTIFICATE` or `EK_PORT_IN_USE`
   */
  async start(): Promise<ListenAddress> {
    const { settings, accepted, memory, shares, maxHandshakes, metrics } = this.#options;
    this.#material = await this.#reloader.start();
    this.#warnOfKey(this.#material);
    this.#listener = new TlsListener({
      material: this.#material,
      memory,
      shares,
      maxHandshakes,
      authorize: (socket) => this.#whyNot(socket.getPeerCertificate()),
      accepted,
      refused: ({ reason, message, peer }) => {
        metrics.count('evenkeel_tls_connections_refused_total', { reason });
        this.#peers.write('refused_connection', 'warn', peer, { reason, why: message }, 'a client was refused');
      },
    });
    try {
      return await this.#listener.listen(settings.listen);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#listener?.close();
    await this.#reloader.stop();
  }

  /** What a client may see that came in here with this certificate; undefined: everything. */
  filterOf(certificate: PeerCertificate): ResourceFilter | undefined {
    // Without a grant it could not have connected; if it has one no longer, it sees what belongs to nobody it may see.
    return this.#options.owners.filterOf(this.#grantOf(namesIn(certificate)) ?? nothing);
  }

  /** Who the client is that came in here with this certificate, and what it sees; plain data for people. */
  identityOf(certificate: PeerCertificate): object {
    const names = namesIn(certificate);
    const { namespaces, gateways } = this.#grantOf(names) ?? nothing;
    const list = (allowed: ReadonlySet<string> | undefined) => (allowed === undefined ? 'all' : [...allowed]);
    const notAfter = new Date(certificate.valid_to).toISOString();
    return { ...names, notAfter, sees: { namespaces: list(namespaces), gateways: list(gateways) } };
  }

  /** What a person should know although clients can connect. */
  get problems(): string[] {
    const { problem } = this.#reloader;
    const problems = problem === undefined ? [] : [`new certificates are not in force: ${problem.message}`];
    const material = this.#material;
    if (material !== undefined && material.notAfterMs <= Date.now()) {
      problems.push(`the certificate for xDS expired at ${isoOf(material)}`);
    }
    return problems;
  }

  /** When the certificate in force ends, milliseconds since 1970. */
  get notAfterMs(): number | undefined {
    return this.#material?.notAfterMs;
  }

  /** No error: a Secret is mounted with mode 0644 unless somebody says otherwise, in a container where nobody else is. */
  #warnOfKey({ keyMode }: TlsMaterial): void {
    if ((keyMode & othersMayRead) === 0) return;
    const { settings, log } = this.#options;
    const mode = keyMode.toString(8).padStart(4, '0');
    const what =
      'everybody on this host may read the private key: chmod 0640, or defaultMode: 0440 of the volume of a Secret';
    log.warn({ file: settings.key, mode }, what);
  }

  #whyNot(certificate: PeerCertificate): string | undefined {
    const names = namesIn(certificate);
    const unclear = ambiguity(names);
    if (unclear !== undefined) return `${unclear}: ${describeNames(names)}`;
    return this.#grantOf(names) === undefined ? `no rule of xds.tls.clients has ${describeNames(names)}` : undefined;
  }
}

const othersMayRead = 0o004;

const nothing: Grant = { namespaces: new Set(), gateways: new Set() };

function isoOf({ notAfterMs }: TlsMaterial): string {
  return new Date(notAfterMs).toISOString();
}
