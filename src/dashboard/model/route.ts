import { type Topic, topics } from '../../feed/rows.ts';

/** What the page shows. */
export interface Route {
  readonly topic: Topic;
  /** `NAMESPACE/NAME:PORT`, for the topic `service`. */
  readonly port: string;
}

/** The route in the fragment of an address; whatever is none leads to the Services. */
export function routeOf(hash: string): Route {
  const [, topic = '', ...rest] = hash.replace(/^#/, '').split('/').map(decoded);
  if (topic === 'services' && rest.length > 0) return { topic: 'service', port: rest.join('/') };
  const known = topics.find((one) => one === topic && one !== 'service');
  return { topic: known ?? 'services', port: '' };
}

/** The fragment that leads there. */
export function hashOf({ topic, port }: Route): string {
  return topic === 'service' ? `#/services/${port.split('/').map(encodeURIComponent).join('/')}` : `#/${topic}`;
}

/** Anybody can write an address. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
