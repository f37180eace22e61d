import type { Account } from './account.ts';
import { BlockPool, type BlockSize, blockBytes } from './block-pool.ts';
import { heapLimitBytes, memoryLimitBytes } from './memory-limit.ts';

/** How much clients may make a server hold. */
export interface MemoryLimits {
  /**
   * Bytes over all connections. Default: 40 % of the memory of the process, which is the limit of its cgroup, else that of
   * the host; and no more than half of what V8 gives to objects.
   */
  readonly totalBytes: number;
  /** Bytes of one connection. Default: a quarter of `totalBytes`. */
  readonly connectionBytes: number;
}

const shareOfMemory = 0.4;
const shareOfHeap = 0.5;
const shareOfConnection = 0.25;
/** Of the budget, for blocks that nobody uses. */
const shareOfBlocks = 0.125;
/** Where no connection holds more than this, it is their number that is too much, and those that do nothing go first. */
const crowdBytes = 256 * 1024;
/** Of those that do something, found by one look at all accounts. */
const busyAtOnce = 64;

/** The limits that are in force where none are given, for a process with that much memory. */
export function defaultMemoryLimits(
  { totalBytes, connectionBytes }: Partial<MemoryLimits> = {},
  memoryBytes: number = memoryLimitBytes(),
  heapBytes: number = heapLimitBytes(),
): MemoryLimits {
  const total = totalBytes ?? Math.floor(Math.min(memoryBytes * shareOfMemory, heapBytes * shareOfHeap));
  return { totalBytes: total, connectionBytes: connectionBytes ?? Math.floor(total * shareOfConnection) };
}

/** Who has an account. */
export interface AccountHolder {
  /** Whether it does nothing that would be missed. */
  isIdle(): boolean;
  /** It has to go, now: whatever it holds is to be let go of before this returns. */
  evict(message: string): void;
}

/**
 * What clients make the process hold, over all connections. Beyond the budget the largest goes, or where all are small one
 * that is idle; below it nobody is touched. That is decided when the work that charged is done, so that nobody loses his
 * connection in the middle of it.
 */
export class MemoryBudget {
  /** The limits that are in force. */
  readonly limits: MemoryLimits;
  readonly #accounts = new Set<ConnectionAccount>();
  readonly #shared = new Map<Uint8Array, number>();
  readonly #suspects = new Set<ConnectionAccount>();
  readonly #blocks = new BlockPool();
  /** Those that have had more than {@link crowdBytes}. */
  readonly #large = new Set<ConnectionAccount>();
  /** Who goes where all are small, found by the last look at all, in this order. */
  #small = new Set<ConnectionAccount>();
  #smallAreIdle = false;
  #usedBytes = 0;
  #scheduled = false;

  constructor(limits: MemoryLimits = defaultMemoryLimits()) {
    this.limits = limits;
  }

  /** Bytes that all accounts hold together. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes of blocks that are kept and that nobody uses: within the budget. */
  get freeBytes(): number {
    return this.#blocks.freeBytes;
  }

  /** @param bytes - what it holds from the start until it is closed */
  open(holder: AccountHolder, bytes: number): ConnectionAccount {
    const account = new ConnectionAccount(this, holder);
    this.#accounts.add(account);
    account.charge(bytes);
    return account;
  }

  /** Of an account. */
  added(account: ConnectionAccount, bytes: number): void {
    this.#usedBytes += bytes;
    this.#trim();
    const { totalBytes, connectionBytes } = this.limits;
    if (account.bytes > crowdBytes) this.#large.add(account);
    if (account.bytes > connectionBytes) this.#suspects.add(account);
    else if (this.#usedBytes <= totalBytes) return;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#settle();
    });
  }

  /** Of an account. */
  removed(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Of an account: a block, which it charges. */
  takeBlock(size: BlockSize): Buffer {
    return this.#blocks.take(size);
  }

  /** Of an account: a block, which it has released. */
  giveBack(block: Buffer): void {
    this.#blocks.giveBack(block);
    this.#trim();
  }

  /** Of an account that begins to hold bytes, or ceases to: by how much that changes what the process holds. */
  shared(bytes: Uint8Array, more: 1 | -1): number {
    return step(this.#shared, bytes, more) ? bytes.length : 0;
  }

  /** Of an account. */
  closed(account: ConnectionAccount): void {
    this.#accounts.delete(account);
    this.#suspects.delete(account);
    this.#large.delete(account);
    this.#small.delete(account);
  }

  /** Blocks that nobody uses are kept within the budget, and no more of them than a part of it. */
  #trim(): void {
    const { totalBytes } = this.limits;
    if (this.#blocks.freeBytes === 0) return;
    this.#blocks.trim(Math.min(totalBytes * shareOfBlocks, totalBytes - this.#usedBytes));
  }

  #settle(): void {
    const { totalBytes, connectionBytes } = this.limits;
    for (const account of [...this.#suspects]) {
      if (account.bytes > connectionBytes) account.evict(`it makes the server hold more than ${connectionBytes} bytes`);
    }
    this.#suspects.clear();
    while (this.#usedBytes > totalBytes) {
      const account = this.#next();
      if (account === undefined) return;
      account.evict(`clients make the server hold more than ${totalBytes} bytes, and it ${account.bytes} of them`);
    }
  }

  #next(): ConnectionAccount | undefined {
    let largest: ConnectionAccount | undefined;
    for (const account of this.#large) {
      if (account.bytes <= crowdBytes) this.#large.delete(account);
      else if (largest === undefined || account.bytes > largest.bytes) largest = account;
    }
    return largest ?? this.#nextSmall() ?? this.#look().#nextSmall();
  }

  #nextSmall(): ConnectionAccount | undefined {
    for (const account of this.#small) {
      this.#small.delete(account);
      if (!this.#smallAreIdle || account.isIdle) return account;
    }
    return undefined;
  }

  /** Thousands of small ones may come one after the other: one look finds more than one that can go. */
  #look(): this {
    const all = [...this.#accounts];
    const idle = all.filter(({ isIdle }) => isIdle);
    this.#smallAreIdle = idle.length > 0;
    const busiest = () => all.sort((one, other) => other.bytes - one.bytes).slice(0, busyAtOnce);
    this.#small = new Set(this.#smallAreIdle ? idle : busiest());
    return this;
  }
}

/** What one connection makes the process hold. */
export class ConnectionAccount implements Account {
  readonly #budget: MemoryBudget;
  readonly #holder: AccountHolder;
  #bytes = 0;
  /** Made when first needed: most clients read what they are sent. */
  #shared: Map<Uint8Array, number> | undefined;
  #closed = false;

  constructor(budget: MemoryBudget, holder: AccountHolder) {
    this.#budget = budget;
    this.#holder = holder;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether its holder does nothing that would be missed. */
  get isIdle(): boolean {
    return this.#holder.isIdle();
  }

  /** So many bytes more are held. */
  charge(bytes: number): void {
    if (this.#closed) return;
    this.#bytes += bytes;
    this.#budget.added(this, bytes);
  }

  /** So many bytes less are held. */
  release(bytes: number): void {
    if (this.#closed) return;
    this.#bytes -= bytes;
    this.#budget.removed(bytes);
  }

  /** These bytes are held, perhaps by others as well. */
  hold(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#shared ??= new Map();
    if (!step(this.#shared, bytes, 1)) return;
    this.#bytes += bytes.length;
    this.#budget.added(this, this.#budget.shared(bytes, 1));
  }

  /** They are held once less. */
  drop(bytes: Uint8Array): void {
    if (this.#closed || this.#shared === undefined || !step(this.#shared, bytes, -1)) return;
    this.#bytes -= bytes.length;
    this.#budget.removed(this.#budget.shared(bytes, -1));
  }

  /** A block of memory, which is charged until it is given back. */
  takeBlock(size: BlockSize): Buffer {
    this.charge(blockBytes[size]);
    return this.#budget.takeBlock(size);
  }

  /** Nobody looks into the block any more. */
  giveBack(block: Buffer): void {
    this.release(block.length);
    this.#budget.giveBack(block);
  }

  /** Its holder has to go. */
  evict(message: string): void {
    this.#holder.evict(message);
    this.close();
  }

  /** The connection is over, and what was charged with it. */
  close(): void {
    if (this.#closed) return;
    for (const bytes of [...(this.#shared?.keys() ?? [])]) {
      this.#shared?.set(bytes, 1);
      this.drop(bytes);
    }
    this.#budget.removed(this.#bytes);
    this.#closed = true;
    this.#bytes = 0;
    this.#budget.closed(this);
  }
}

/** Counts how often something is there; true where that begins or ends. */
function step(counts: Map<Uint8Array, number>, bytes: Uint8Array, more: 1 | -1): boolean {
  const before = counts.get(bytes) ?? 0;
  const now = before + more;
  if (now === 0) counts.delete(bytes);
  else counts.set(bytes, now);
  return before === 0 || now === 0;
}
