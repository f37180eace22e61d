import { typeUrls } from '@evenkeel/xds';
import type { ServiceId } from '../model/service.ts';
import { type Gateway, gatewayResourceName } from '../translate/gateway.ts';
import { parseTarget } from '../translate/targets.ts';
import { describeGroup } from './node-group.ts';

export interface UndecidedServicesOptions {
  readonly gateways: readonly Gateway[];
  readonly clusterDomain: string;
  /** Whether it is not known yet if there is this Service, or what it looks like. */
  readonly isUndecided: (id: ServiceId) => boolean;
  /** Whether that holds for any Service. */
  readonly isAnyUndecided: () => boolean;
}

/**
 * Which resources are undecided, since a Service is: DNS has not answered for it yet, or its first health checks run. Asked for
 * clients that come back and may have them.
 */
export class UndecidedServices {
  readonly #options: UndecidedServicesOptions;
  readonly #gateways: ReadonlyMap<string, Gateway>;
  #asked = false;

  constructor(options: UndecidedServicesOptions) {
    this.#options = options;
    this.#gateways = new Map(options.gateways.map((gateway) => [gateway.name, gateway]));
  }

  /** @param name - of a resource; `*`: any that a wildcard of the group includes */
  has(group: string, typeUrl: string, name: string): boolean {
    const undecided = this.#has(group, typeUrl, name);
    this.#asked ||= undecided;
    return undecided;
  }

  /** Whether something was withheld since the last time that this was asked. */
  takeAsked(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }

  #has(group: string, typeUrl: string, name: string): boolean {
    const { clusterDomain, isUndecided, isAnyUndecided } = this.#options;
    const { gateway: gatewayName, namespace } = describeGroup(group);
    const gateway = gatewayName === undefined ? undefined : this.#gateways.get(gatewayName);
    // Its routes and clusters are those of all its Services.
    if (name === '*' || (gateway !== undefined && name === gatewayResourceName(gateway.name))) {
      return gateway?.services?.some(isUndecided) ?? isAnyUndecided();
    }
    if (typeUrl !== typeUrls.listener) {
      const id = serviceOfCanonical(name);
      return id !== undefined && isUndecided(id);
    }
    const target = parseTarget(name, clusterDomain);
    if ('reason' in target) return false;
    const inNamespace = target.namespace ?? namespace;
    return inNamespace !== undefined && isUndecided({ namespace: inNamespace, name: target.name });
  }
}

/** The Service of a route, cluster or assignment, by its name (`NAMESPACE/NAME:PORT`). */
function serviceOfCanonical(name: string): ServiceId | undefined {
  const match = /^([^/:]+)\/([^/:]+):\d+$/.exec(name);
  return match === null ? undefined : { namespace: match[1]!, name: match[2]! };
}

/** Whether something of a Service that the publisher has is still to come: it shows nothing before its first health checks. */
export function isAwaited(
  published: { readonly translated?: unknown; readonly rejected?: unknown } | undefined,
): boolean {
  return published !== undefined && published.translated === undefined && published.rejected === undefined;
}
