import type { EncodedResource, SnapshotCache } from '@evenkeel/xds';
import { type EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type Gateway, type TranslatedGateway, translateGateway } from '../translate/gateway.ts';
import { gatewayGroup } from './node-group.ts';
import type { PublishedService } from './publisher.ts';

/** A gateway and what is in the cache for it. */
export interface PublishedGateway {
  readonly gateway: Gateway;
  readonly translated?: TranslatedGateway | undefined;
  /** Why the newest state is not what is in the cache. */
  readonly rejected?: EvenkeelError | undefined;
}

export interface GatewayPublisherOptions {
  readonly gateways: readonly Gateway[];
  readonly cache: SnapshotCache;
  readonly clusterDomain: string;
  readonly log: Logger;
}

/** Brings listeners, routes and clusters of the gateways into the cache, whenever names or ports of Services change. */
export class GatewayPublisher {
  readonly #options: GatewayPublisherOptions;
  #published: readonly PublishedGateway[];
  /** The resources that depend on a Service's names and ports; others of the same Service mean that these changed. */
  #seen: readonly (readonly EncodedResource[])[] | undefined;

  constructor(options: GatewayPublisherOptions) {
    this.#options = options;
    this.#published = options.gateways.map((gateway) => ({ gateway }));
  }

  get gateways(): readonly PublishedGateway[] {
    return this.#published;
  }

  /** Takes the Services as they are now; endpoints that came or went make no difference. */
  update(services: Iterable<PublishedService>): void {
    if (this.#published.length === 0) return;
    const known = [...services].flatMap(({ translated }) => translated ?? []);
    const seen = this.#seen;
    if (seen?.length === known.length && known.every(({ shared }, index) => shared === seen[index])) return;
    this.#seen = known.map(({ shared }) => shared);
    const current = known.map(({ service }) => service);
    this.#published = this.#published.map((published) => this.#translate(published, current));
  }

  #translate(before: PublishedGateway, services: Parameters<typeof translateGateway>[1]): PublishedGateway {
    const { cache, clusterDomain, log } = this.#options;
    const { gateway } = before;
    try {
      const translated = translateGateway(gateway, services, clusterDomain);
      cache.setSnapshot({ group: gatewayGroup(gateway.name), resources: translated.resources });
      const told = new Set(before.translated?.problems.map(({ subject, reason }) => `${subject} ${reason}`));
      for (const problem of translated.problems) {
        if (told.has(`${problem.subject} ${problem.reason}`)) continue;
        log.warn({ gateway: gateway.name, ...problem }, 'the gateway does not lead there');
      }
      return { gateway, translated };
    } catch (thrown) {
      const rejected = toEvenkeelError(thrown);
      log.error({ gateway: gateway.name, error: rejected.toJSON() }, 'Envoy would reject this; not published');
      return { ...before, rejected };
    }
  }
}
