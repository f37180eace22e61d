import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Ends } from './call-attributes.ts';

/**
 * Tells which connection took a request of undici's, which its answers do not say: by its diagnostics channels
 * (docs/api/DiagnosticsChannel.md).
 *
 * @param request - begins the request before it returns
 */
export function withPeer<T>(request: () => T, onPeer: (peer: Ends) => void): T {
  listen();
  beginning = onPeer;
  try {
    return request();
  } finally {
    beginning = undefined;
  }
}

let beginning: ((peer: Ends) => void) | undefined;
let listening = false;
const asked = new WeakMap<object, (peer: Ends) => void>();

function listen(): void {
  if (listening) return;
  listening = true;
  channel('undici:request:create').subscribe((message) => {
    if (beginning !== undefined) asked.set((message as { readonly request: object }).request, beginning);
  });
  channel('undici:client:sendHeaders').subscribe((message) => {
    const { request, socket } = message as { readonly request: object; readonly socket: Socket };
    asked.get(request)?.({ address: socket.remoteAddress, port: socket.remotePort });
  });
}
