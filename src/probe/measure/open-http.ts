import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { reasonOf } from '../target/connect-reason.ts';
import { readTls } from '../target/credentials.ts';
import { expectedOf } from '../target/expected.ts';
import { HttpEngine } from '../target/http-engine.ts';
import { fileOrGiven, type Opened, requireKnownHost, unreachable } from './opened.ts';
import type { ProbeOptions } from './options.ts';

/** What Node says of an answer that is no HTTP/1.1. */
const notHttp1 = /^(HPE_|ECONNRESET$|EPIPE$|ERR_SSL_|EPROTO$)/;
/** A server of TLS 1.3 refuses a client certificate when the handshake is over for the client. */
const ofTls = /^(ERR_|EPROTO$)/;

export async function openHttp(options: ProbeOptions, signal: AbortSignal): Promise<Opened> {
  const { target, headers, authority, httpMethod, connections, deadlineMs, connectMs } = options;
  if (target.kind !== 'http') throw new TypeError('not an HTTP target');
  const tls = await readTls(options.tls ?? {});
  const body = options.body === undefined ? undefined : await fileOrGiven(options.body, '--body');
  await requireKnownHost(options);
  const { ca, cert, key, serverName } = tls;
  const engine = new HttpEngine({
    ...{ url: target.url, method: httpMethod, headers, authority, body, connections, deadlineMs },
    tls: { ca, cert, key, servername: serverName },
  });
  const close = (): void => engine.close();
  signal.addEventListener('abort', close, { once: true });
  const sampled = await engine.sample(connectMs);
  const { status, error, answer } = sampled;
  signal.removeEventListener('abort', close);
  if (!/^(OK|HTTP_)/.test(status)) {
    const look = notHttp1.test(status) ? await otherProtocol(options, signal) : undefined;
    // Once connected it is a call that failed, as any other may: one pod of many, or all, which the run then says.
    if (look !== undefined || answer.peer === undefined || ofTls.test(status)) {
      engine.close();
      throw unreachable(options, look ?? reasonOf(Object.assign(new Error(error ?? ''), { code: status })));
    }
  }
  return {
    engine,
    call: `${httpMethod} ${target.url.pathname}`,
    ask: () => expectedOf(target),
    askEveryMs: 500,
    sampled,
    reflected: false,
    close: async () => {},
  };
}

/** What the server speaks instead, where that can be told by looking. */
async function otherProtocol({ target, connectMs }: ProbeOptions, signal: AbortSignal): Promise<string | undefined> {
  if (target.kind !== 'http' || target.url.protocol !== 'http:') return undefined;
  const host = target.url.hostname.replace(/^\[|\]$/g, '');
  const found: LookupAddress | undefined = await lookup(host).catch(() => undefined);
  if (found === undefined) return undefined;
  const address = { host: found.address, port: Number(target.url.port) || 80 };
  const { diagnoseHttp } = await import('../target/diagnose.ts');
  return diagnoseHttp(address, { withinMs: Math.min(connectMs, 1_000), signal });
}
