import type { Agent } from 'node:http';
import type { KubeRequestOptions } from './kube-request.ts';

/** A SOCKS proxy that does not answer within this has failed. */
const connectMs = 15_000;

/** An agent for one request, that reaches its server through a proxy (`CONNECT`, or SOCKS 5). */
export async function agentThrough(
  proxy: URL,
  { ca, rejectUnauthorized }: Pick<KubeRequestOptions, 'ca' | 'rejectUnauthorized'>,
  signal: AbortSignal,
): Promise<Agent> {
  // Loaded when needed: few have a proxy.
  if (proxy.protocol.startsWith('socks5')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    // As in Go, the proxy resolves names.
    return new SocksProxyAgent(proxy.href.replace(/^socks5:/, 'socks5h:'), { timeout: connectMs });
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  // As in client-go, the kubeconfig's authority is also that of an `https:` proxy.
  return new HttpsProxyAgent(proxy, { ...(ca === undefined ? {} : { ca }), rejectUnauthorized, signal } as object);
}
