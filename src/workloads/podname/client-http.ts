import { HttpUpstream } from '../upstream/http.ts';
import { callInALoop, sentWith } from './loop.ts';
import type { ClientHttpSettings } from './options.ts';

/** The HTTP client of system B; a new connection for each call unless told to keep them. */
export async function runClientHttp(settings: ClientHttpSettings, signal: AbortSignal): Promise<void> {
  const upstream = new HttpUpstream(settings.url, { keepAlive: settings.keepAlive, connections: 1 });
  const sent = { deadlineMs: settings.deadlineMs, headers: sentWith('client-http', settings) };
  const call = async () => (await upstream.get(sent)).body.trim();
  await callInALoop(settings, call, { signal, print: console.log });
  await upstream.close();
}
