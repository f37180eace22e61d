import { experimental } from '@grpc/grpc-js';

/** Lets gRPC channels of this process resolve `unix-abstract:NAME` (gRPC, doc/naming.md), which grpc-js leaves out. */
export function resolveAbstractSockets(): void {
  class AbstractSocketResolver implements experimental.Resolver {
    readonly #listener: experimental.ResolverListener;
    readonly #path: string;
    #isOver = false;

    constructor({ path }: { readonly path: string }, listener: experimental.ResolverListener) {
      this.#listener = listener;
      this.#path = `\0${path}`;
    }

    updateResolution(): void {
      process.nextTick(() => {
        if (this.#isOver) return;
        const endpoints = [{ addresses: [{ path: this.#path }] }];
        this.#listener(experimental.statusOrFromValue(endpoints), {}, null, '');
      });
    }

    destroy(): void {
      this.#isOver = true;
    }

    static getDefaultAuthority(): string {
      return 'localhost';
    }
  }
  experimental.registerResolver('unix-abstract', AbstractSocketResolver);
}
