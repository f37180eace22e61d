import type { PublishedService } from './publisher.ts';

/**
 * The zone of each machine, as its endpoints tell it: a pod knows its machine by the Downward API, but not its zone.
 *
 * A machine without a pod of any Service is not in it.
 */
export function kubeNodeZones(services: readonly PublishedService[]): ReadonlyMap<string, string> {
  const zones = new Map<string, string>();
  for (const { service } of services) {
    for (const { endpoints } of service.ports) {
      for (const { kubeNode, locality } of endpoints) {
        if (kubeNode !== undefined && locality.zone !== '') zones.set(kubeNode, locality.zone);
      }
    }
  }
  return zones;
}
