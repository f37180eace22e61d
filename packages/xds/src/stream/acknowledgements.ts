import type { Clock } from '../clock.ts';
import type { EncodedResource } from '../resource.ts';
import type { RejectionDetail } from './requests.ts';

/** A response that the client has not answered yet. */
export interface SentResponse {
  readonly nonce: number;
  readonly version: string;
  /** What was new in it. */
  readonly resources: readonly EncodedResource[];
  /** All of it, in the order of the message; shared by all streams that were sent the same. */
  readonly all: readonly EncodedResource[];
  /** Reading of the monotonic clock, in milliseconds. */
  readonly sentAtMs: number;
}

/** A response that the client rejected, and why. */
export interface Rejection extends RejectionDetail {
  readonly version: string;
  /** What of it the client did not like, as far as its message tells that; else all that was new in the response. */
  readonly resources: readonly EncodedResource[];
  /** It is not known which of several resources it is about. */
  readonly isVague: boolean;
  readonly atMs: number;
}

/** Names of what was rejected, the first few: for people. */
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
/** Of a client that goes on rejecting, the last ones are enough to say what is wrong. */
const maxRejections = 8;
const none: readonly never[] = [];

/** What one stream has been sent in one type, and what came back ("ACK and NACK semantics summary"). */
export class Acknowledgements {
  /** Replaced, never changed: it is kept by every stream, and an array that has grown keeps room for sixteen more. */
  #unanswered: readonly SentResponse[] = none;
  #lastNonce = 0;
  #ackedVersion: string | undefined;
  #rejections: readonly Rejection[] = none;

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

  /** References to resources in all that waits for an answer, and in what was rejected. */
  get references(): number {
    let references = 0;
    for (const { resources } of this.#unanswered) references += resources.length;
    for (const { resources } of this.#rejections) references += resources.length;
    return references;
  }

  get ackedVersion(): string | undefined {
    return this.#ackedVersion;
  }

  /** What was rejected and not acknowledged since, oldest first; at most 8. */
  get rejections(): readonly Rejection[] {
    return this.#rejections;
  }

  sent(response: SentResponse): void {
    this.#lastNonce = response.nonce;
    this.#unanswered =
      this.#unanswered.length === 0 ? [response] : [...this.#unanswered, response].slice(-maxUnanswered);
  }

  /**
   * Takes the client's answer; undefined where the nonce belongs to no response that waits for one.
   *
   * @param clock - read where something was rejected, in milliseconds
   * @param isFullSet - responses of this type have all that the client asks for, not only what is new
   */
  settle(
    nonce: string,
    error: RejectionDetail | undefined,
    clock: Pick<Clock, 'now'>,
    isFullSet: boolean,
  ): Settlement | undefined {
    const index = this.#unanswered.findIndex((response) => String(response.nonce) === nonce);
    const response = this.#unanswered[index];
    if (response === undefined) return undefined;
    // Responses are read in the order in which they were sent, so what came before has been dealt with as well.
    this.#unanswered = index + 1 === this.#unanswered.length ? none : this.#unanswered.slice(index + 1);
    const { version, resources } = response;
    // A client that asks for many names on one stream acknowledges the others, and still has not taken the one it rejected.
    if (this.#rejections.length > 0) this.#rejections = isFullSet ? none : without(this.#rejections, resources);
    if (error === undefined) {
      this.#ackedVersion = version;
      return { response };
    }
    const blamed = blamedOf(response, error.message, isFullSet);
    const rejection = {
      ...error,
      version,
      resources: blamed ?? resources,
      isVague: blamed === undefined,
      atMs: clock.now(),
    };
    this.#rejections = [...this.#rejections, rejection].slice(-maxRejections);
    return { response, rejection };
  }
}

/** What is left of rejections once the client has answered something newer; one that is vague ends with that. */
function without(rejections: readonly Rejection[], answered: readonly EncodedResource[]): readonly Rejection[] {
  const names = new Set(answered.map(({ name }) => name));
  const left = rejections.flatMap((rejection): Rejection[] => {
    const resources = rejection.resources.filter(({ name }) => !names.has(name));
    return rejection.isVague || resources.length === 0 ? [] : [{ ...rejection, resources }];
  });
  return left.length === 0 ? none : left;
}

/** More resources of one response are not looked for in a message. */
const maxLookedFor = 1_000;

/**
 * Which resources a message is about: the only one, those that it names (grpc-go, grpc-java, C-core, Envoy), or those of which it
 * has the index (grpc-js-xds, `resource index 2: …`). Undefined: it does not tell.
 */
function blamedOf(
  { resources, all }: SentResponse,
  message: string,
  isFullSet: boolean,
): readonly EncodedResource[] | undefined {
  // A full set is rejected again for what was in it before, whatever is new.
  const suspects = isFullSet && all.length <= maxLookedFor ? all : resources;
  if (suspects.length === 1) return suspects;
  if (suspects.length > maxLookedFor) return undefined;
  const named = suspects.filter(({ name }) => isNamed(name, message));
  if (named.length > 0) return named;
  const indexes = [...message.matchAll(/\bresource index (\d{1,9})\b/g)].map(([, index]) => Number(index));
  const numbered = [...new Set(indexes)].flatMap((index) => all[index] ?? []);
  return numbered.length > 0 ? numbered : undefined;
}

/** Whether a text has the name, and not as a part of a longer one. */
function isNamed(name: string, text: string): boolean {
  if (name === '') return false;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const end = at + name.length;
    const goesOn = /^(?:[\w/-]|[.:]\w)/.test(text.slice(end, end + 2));
    if (!goesOn && !/[\w/.-]$/.test(text.slice(Math.max(0, at - 1), at))) return true;
  }
  return false;
}
