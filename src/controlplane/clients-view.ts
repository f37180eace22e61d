import type { ClientStatus } from '@evenkeel/xds';
import { type ClientFacts, type ClientView, viewClient } from './client-view.ts';

/** What `GET /clients` answers. */
export interface ClientsView {
  readonly version: string;
  /** ISO 8601. */
  readonly asOf: string;
  /** Whether streams are accepted. */
  readonly ready: boolean;
  /** What is being waited for; empty when ready. */
  readonly reasons: readonly string[];
  /** Streams that are open; `clients` may have fewer. */
  readonly total: number;
  readonly clients: readonly ClientView[];
}

/** Every stream with its state, those that are not in order first. */
export function clientsView(
  clients: readonly ClientStatus[],
  facts: ClientFacts,
  about: Pick<ClientsView, 'version' | 'asOf' | 'ready' | 'reasons'>,
  limit: number,
): ClientsView {
  const views = clients.map((client) => viewClient(client, facts));
  const { good = [], bad = [] } = Object.groupBy(views, ({ state }) => (state === 'SYNCED' ? 'good' : 'bad'));
  const { version, asOf, ready, reasons } = about;
  return { version, asOf, ready, reasons, total: views.length, clients: [...bad, ...good].slice(0, limit) };
}
