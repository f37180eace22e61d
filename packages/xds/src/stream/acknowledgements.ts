import type { EncodedResource } from '../resource.ts';
import type { RejectionDetail } from './requests.ts';

/** A response that the client has not answered yet. */
export interface SentResponse {
  readonly nonce: number;
  readonly version: string;
  /** What was new in it. */
  readonly resources: readonly EncodedResource[];
  /** Reading of the monotonic clock, in milliseconds. */
  readonly sentAtMs: number;
}

/** A response that the client rejected, and why. */
export interface Rejection extends RejectionDetail {
  readonly version: string;
  /** What was new in the response. Which of it the client did not like, only the message says. */
  readonly resources: readonly EncodedResource[];
  readonly atMs: number;
}

/** Names of what was new in a rejected response, the first few: for people. */
export function rejectedNames({ resources }: Rejection): string[] {
  return resources.slice(0, 10).map(({ name }) => name);
}

/** How a client answered a response. */
export interface Settlement {
  readonly response: SentResponse;
  readonly rejection?: Rejection | undefined;
}

/**
 * More than one response at a time waits for its ack only where a delta client asks on without acknowledging. One that
 * never acknowledges is not followed further.
 */
const maxUnanswered = 64;
const none: readonly SentResponse[] = [];

/** What one stream has been sent in one type, and what came back ("ACK and NACK semantics summary"). */
export class Acknowledgements {
  /** Replaced, never changed: it is kept by every stream, and an array that has grown keeps room for sixteen more. */
  #unanswered = none;
  #lastNonce = 0;
  #acked: SentResponse | undefined;
  #rejection: Rejection | undefined;

  /** 0: nothing has been sent yet. */
  get lastNonce(): number {
    return this.#lastNonce;
  }

  /** Whether a response is on its way or being looked at by the client. */
  get awaited(): boolean {
    return this.#unanswered.length > 0;
  }

  /** Responses that wait for their answers, oldest first. */
  get unanswered(): readonly SentResponse[] {
    return this.#unanswered;
  }

  /** The oldest response that waits for its answer. */
  get oldestUnanswered(): SentResponse | undefined {
    return this.#unanswered[0];
  }

  /** References to resources in all that waits for an answer, and in what was acknowledged and rejected last. */
  get references(): number {
    let references = (this.#acked?.resources.length ?? 0) + (this.#rejection?.resources.length ?? 0);
    for (const { resources } of this.#unanswered) references += resources.length;
    return references;
  }

  get ackedVersion(): string | undefined {
    return this.#acked?.version;
  }

  /** The rejection of the last response that was answered; undefined once a later one has been acked. */
  get rejection(): Rejection | undefined {
    return this.#rejection;
  }

  sent(response: SentResponse): void {
    this.#lastNonce = response.nonce;
    this.#unanswered =
      this.#unanswered.length === 0 ? [response] : [...this.#unanswered, response].slice(-maxUnanswered);
  }

  /** Takes the client's answer; undefined where the nonce belongs to no response that waits for one. */
  settle(nonce: string, error: RejectionDetail | undefined, nowMs: number): Settlement | undefined {
    const index = this.#unanswered.findIndex((response) => String(response.nonce) === nonce);
    const response = this.#unanswered[index];
    if (response === undefined) return undefined;
    // Responses are read in the order in which they were sent, so what came before has been dealt with as well.
    this.#unanswered = index + 1 === this.#unanswered.length ? none : this.#unanswered.slice(index + 1);
    if (error === undefined) {
      this.#acked = response;
      this.#rejection = undefined;
      return { response };
    }
    const { version, resources } = response;
    this.#rejection = { ...error, version, resources, atMs: nowMs };
    return { response, rejection: this.#rejection };
  }
}
