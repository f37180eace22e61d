import { experimental } from '@grpc/grpc-js';
import type { DialAddress } from './dial.ts';

const scheme = 'evenkeel-fixed';

/**
 * Lets gRPC channels of this process connect to these addresses, which grpc-js cannot name: abstract Unix sockets, and IPv6
 * addresses with a zone.
 *
 * @param authority - what connections are called by
 * @returns the target for a channel
 */
export function resolveToFixed(addresses: readonly DialAddress[], authority: string): string {
  class FixedResolver implements experimental.Resolver {
    readonly #listener: experimental.ResolverListener;
    #isOver = false;

    constructor(_target: unknown, listener: experimental.ResolverListener) {
      this.#listener = listener;
    }

    updateResolution(): void {
      process.nextTick(() => {
        if (this.#isOver) return;
        const endpoints = addresses.map((address) => ({ addresses: [address] }));
        this.#listener(experimental.statusOrFromValue(endpoints), {}, null, '');
      });
    }

    destroy(): void {
      this.#isOver = true;
    }

    static getDefaultAuthority(): string {
      return authority;
    }
  }
  experimental.registerResolver(scheme, FixedResolver);
  return `${scheme}:///${authority}`;
}
