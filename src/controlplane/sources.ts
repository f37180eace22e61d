import { EvenkeelError } from '../base/errors.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { Config } from './config.ts';
import { dnsServices, overlay } from './config-overlay.ts';

/** A source of Services and its unique name. */
export interface NamedSource {
  readonly name: string;
  readonly discovery: Discovery;
}

/**
 * The sources that a configuration asks for, in the order of precedence: what the endpoint file says of a Service goes
 * before what Kubernetes says of it, since a person wrote it, and both go before DNS, which knows no readiness.
 *
 * @throws EvenkeelError `EK_USAGE` where there is none: a server without a source would never become ready
 */
export async function createSources({ discovery, services }: Config): Promise<NamedSource[]> {
  const sources: NamedSource[] = [];
  // Loaded when needed: the time from start to listening is part of every restart.
  if (discovery.file.path !== undefined) {
    const { FileDiscovery } = await import('../discovery/file/file-discovery.ts');
    const file = new FileDiscovery({ path: discovery.file.path });
    sources.push({ name: 'file', discovery: withOverlay(file, overlay('file', services)) });
  }
  const { enabled, events: _events, ...kubernetes } = discovery.kubernetes;
  if (enabled) {
    const { KubernetesDiscovery } = await import('../discovery/kubernetes/kubernetes-discovery.ts');
    const source = new KubernetesDiscovery(kubernetes);
    sources.push({ name: 'kubernetes', discovery: withOverlay(source, overlay('kubernetes', services)) });
  }
  const asked = dnsServices(services);
  if (asked.length > 0) {
    const { DnsDiscovery } = await import('../discovery/dns/dns-discovery.ts');
    sources.push({ name: 'dns', discovery: new DnsDiscovery({ services: asked, ...discovery.dns }) });
  }
  if (sources.length === 0) {
    throw new EvenkeelError(
      'EK_USAGE',
      'there is nothing to serve: no endpoint file, no Kubernetes and no services to look up',
      {
        hint: 'Name an endpoint file with --endpoints, ask for Kubernetes with --kubernetes, or give a configuration with services with --config.',
      },
    );
  }
  return sources;
}

/** The same source, with what the configuration adds to its Services. */
function withOverlay(source: Discovery, add: ReturnType<typeof overlay>): Discovery {
  return {
    kind: source.kind,
    start: (observer) => source.start({ ...observer, upsert: (service) => observer.upsert(add(service)) }),
    unserved: () => source.unserved?.() ?? [],
    excludes: (id) => source.excludes?.(id),
    undecided: (id) => source.undecided?.(id),
    hasUndecided: () => source.hasUndecided?.() ?? false,
    lastWordAgeMs: () => source.lastWordAgeMs?.(),
    stop: () => source.stop(),
  };
}
