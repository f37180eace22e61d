import { errorCode } from '@evenkeel/xds/http2';
import {
  decodeGrpcMessage,
  nameOfErrorCode,
  parseGrpcStatus,
  status,
  statusOfHttp,
  statusOfReset,
} from './grpc-status-of.ts';
import { type Headers, noHeaders } from './headers.ts';
import { MessageReader } from './messages.ts';

/** How a call ended. */
export interface Outcome {
  /** gRPC status as a number. */
  readonly status: number;
  /** Undefined: OK. */
  readonly error: string | undefined;
  /** What the server did is not allowed, or more than is wanted: the stream has to be reset. */
  readonly reset?: 'protocol' | 'cancel';
}

const succeeded: Outcome = { status: status.ok, error: undefined };

/** What an answer must be to count. */
export interface Expectation {
  /** The method answers with exactly one message. */
  readonly single: boolean;
  readonly keepMessage: boolean;
}

/**
 * The answer on one stream: headers (and interim ones before), messages, trailers (gRPC over HTTP/2, "Responses"). Answers that
 * are not of gRPC, such as a proxy's error page, have a status by doc/http-grpc-status-mapping.md.
 */
export class Response {
  headers: Headers = noHeaders;
  trailers: Headers = noHeaders;
  readonly #expectation: Expectation;
  #messages: MessageReader | undefined;
  #httpStatus = 0;

  constructor(expectation: Expectation) {
    this.#expectation = expectation;
  }

  /** How many have come. */
  get messages(): number {
    return this.#messages?.count ?? 0;
  }

  get message(): Buffer | undefined {
    return this.#messages?.first(this.headers['grpc-encoding']);
  }

  /** @returns how it ended; undefined: it goes on */
  takeHeaders(headers: Headers, endStream: boolean): Outcome | undefined {
    if (this.#httpStatus !== 0) {
      if (!endStream) return broken('headers in the middle of an answer');
      if (':status' in headers) return broken('trailers with a :status');
      return this.#finish(headers);
    }
    const text = headers[':status'] ?? '';
    if (text !== '200' && !/^[1-9]\d\d$/.test(text)) return broken('an answer without :status');
    const httpStatus = Number(text);
    if (httpStatus < 200) return endStream ? broken(`an answer that ends with HTTP ${text}`) : undefined;
    this.#httpStatus = httpStatus;
    this.headers = headers;
    return endStream ? this.#finish(headers) : undefined;
  }

  /** @returns how it ended; undefined: it goes on */
  takeData(content: Buffer, endStream: boolean): Outcome | undefined {
    if (this.#httpStatus === 0) return broken('DATA before the headers of an answer');
    if (content.length > 0) {
      // A proxy's page; nobody waits for the end of it.
      if (!this.#isGrpc()) return { ...this.#notGrpc(), ...(!endStream && { reset: 'cancel' }) };
      this.#messages ??= new MessageReader(this.#expectation.keepMessage);
      const problem = this.#messages.read(content, this.headers['grpc-encoding']);
      if (problem !== undefined) return this.#unreadable(problem, endStream);
      if (this.#expectation.single && this.#messages.count > 1) {
        return { status: status.unimplemented, error: 'more than one message came', reset: 'cancel' };
      }
    }
    return endStream ? this.#withoutStatus() : undefined;
  }

  /** The stream was reset: nothing more will come. */
  cutShort(code: number): Outcome {
    if (code !== errorCode.noError) {
      return { status: statusOfReset(code), error: `the server reset the stream (${nameOfErrorCode(code)})` };
    }
    return this.#httpStatus === 0
      ? { status: status.internal, error: 'the stream was reset (NO_ERROR) before an answer' }
      : this.#withoutStatus();
  }

  #finish(trailers: Headers): Outcome {
    this.trailers = trailers;
    const text = trailers['grpc-status'];
    if (text === undefined) return this.#notGrpc();
    const code = text === '0' ? status.ok : parseGrpcStatus(text);
    if (code !== status.ok) return failed(text, code, trailers['grpc-message']);
    if (this.#expectation.single && (this.#messages?.count ?? 0) === 0) {
      const why = this.#messages?.isCutOff === true ? 'the message is cut off' : 'no message came';
      return { status: status.unimplemented, error: why };
    }
    return succeeded;
  }

  #isGrpc(): boolean {
    const type = this.headers['content-type'];
    if (this.#httpStatus !== 200) return type?.startsWith('application/grpc') === true;
    // Without a type nothing speaks against it: the status at the end says what it is.
    return type === undefined || type.startsWith('application/grpc');
  }

  #withoutStatus(): Outcome {
    if (this.#httpStatus !== 200 || !this.#isGrpc()) return this.#notGrpc();
    return { status: status.internal, error: 'the answer ended without a gRPC status' };
  }

  #notGrpc(): Outcome {
    const type = this.headers['content-type'];
    const kind = type === undefined ? 'no content-type' : quote(type);
    const error = `HTTP ${this.#httpStatus} (${kind}) without a gRPC status`;
    return { status: statusOfHttp(this.#httpStatus), error };
  }

  #unreadable(problem: 'size' | 'compressed', endStream: boolean): Outcome {
    const reset = endStream ? {} : ({ reset: 'cancel' } as const);
    if (this.#httpStatus !== 200) return { ...this.#notGrpc(), ...reset };
    return problem === 'size'
      ? { status: status.resourceExhausted, error: 'a message of more than 4 MiB', ...reset }
      : { status: status.internal, error: 'a compressed message, and grpc-encoding names no compression', ...reset };
  }
}

function failed(text: string, code: number | undefined, message = ''): Outcome {
  const said = decodeGrpcMessage(message);
  return code === undefined
    ? { status: status.unknown, error: `grpc-status ${quote(text)}: ${said}` }
    : { status: code, error: said };
}

function broken(error: string): Outcome {
  return { status: status.internal, error: `the server breaks the protocol: ${error}`, reset: 'protocol' };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
