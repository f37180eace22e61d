import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { type LoadView, type LoadViewService, portKey } from '../load/load-view.ts';

/**
 * Sends what changes in a {@link LoadView} as server-sent events (HTML, "Server-sent events") until the client goes. Each is
 * a view with the Services alone that differ from the event before; the first has all, and `gone` names those that are no
 * longer there. Whoever reads too slowly is left out until it has read.
 */
export function sendLoadEvents(
  response: ServerResponse,
  headers: Readonly<Record<string, OutgoingHttpHeader | undefined>>,
  first: LoadView,
  observe: (observer: (view: LoadView) => void) => () => void,
): void {
  const sent = new Map<string, string>();
  const send = (view: LoadView): void => {
    if (response.writableNeedDrain) return;
    const services: LoadViewService[] = [];
    const present = new Set<string>();
    for (const service of view.services) {
      const key = portKey(service);
      const text = JSON.stringify(service);
      present.add(key);
      if (sent.get(key) !== text) services.push(service);
      sent.set(key, text);
    }
    const gone = [...sent.keys()].filter((key) => !present.has(key));
    for (const key of gone) sent.delete(key);
    response.write(`event: load\ndata: ${JSON.stringify({ ...view, services, gone })}\n\n`);
  };
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
  const end = observe(send);
  response.on('close', end);
  send(first);
}
