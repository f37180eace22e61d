import { type BlockSize, blockBytes } from './block-pool.ts';

/** Where bytes are charged that somebody else makes this process hold. */
export interface Account {
  /** So many bytes more are held. */
  charge(bytes: number): void;
  /** So many bytes less are held: what was charged, and no more. */
  release(bytes: number): void;
  /**
   * These bytes are held. They may be shared: the account has them in full, the process once, however many accounts hold
   * them.
   */
  hold(bytes: Uint8Array): void;
  /** They are held once less. */
  drop(bytes: Uint8Array): void;
  /** A block of memory, whatever stands in it, which is charged until it is given back. */
  takeBlock(size: BlockSize): Buffer;
  /** Nobody looks into the block any more. */
  giveBack(block: Buffer): void;
}

/** For tests and programs that do not count. */
export const noAccount: Account = {
  charge() {},
  release() {},
  hold() {},
  drop() {},
  takeBlock: (size) => Buffer.allocUnsafeSlow(blockBytes[size]),
  giveBack() {},
};

/** A part of an account whose size is known as a whole: charges and releases the difference. */
export class AccountedSize {
  readonly #account: Account;
  #bytes = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  /** It has this size now. */
  set(bytes: number): void {
    const more = bytes - this.#bytes;
    if (more === 0) return;
    this.#bytes = bytes;
    if (more > 0) this.#account.charge(more);
    else this.#account.release(-more);
  }
}
