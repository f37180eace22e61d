import * as grpc from '@grpc/grpc-js';

/** What a call of grpc-js comes to, in this order; `status` once. */
export interface CallEvents {
  readonly headers: (metadata: grpc.Metadata) => void;
  readonly message: (bytes: Buffer) => void;
  readonly status: (status: Pick<grpc.StatusObject, 'code' | 'details' | 'metadata'>) => void;
}

/** Statuses that grpc-js gives to a page that it has taken for messages; one that it knows for a page it names so. */
const notReadable: ReadonlySet<grpc.status> = new Set([grpc.status.RESOURCE_EXHAUSTED, grpc.status.INTERNAL]);
const knownForPage = 'Received HTTP status code';
/** What Node says of streams whose connection has ended with GOAWAY and an error. */
const goAwayWithError = /Session closed with error code \d+/;

/**
 * Gives calls the status that gRPC says where grpc-js reports another one: an answer that lacks its one message is no success
 * (doc/statuscodes.md), HTTP 200 with a page in it is UNKNOWN (doc/http-grpc-status-mapping.md), not a message that is too
 * large, and a connection that is lost is UNAVAILABLE, whatever error its GOAWAY has.
 */
export function outcomeOf(singleAnswer: boolean, events: CallEvents, onEnd: () => void): CallEvents {
  let messages = 0;
  let answered: grpc.Metadata | undefined;
  return {
    headers: (metadata) => {
      answered = metadata;
      events.headers(metadata);
    },
    message: (bytes) => {
      messages += 1;
      events.message(bytes);
    },
    status: (status) => {
      onEnd();
      const { code, details: said, metadata } = status;
      if (code === grpc.status.OK && singleAnswer && messages !== 1) {
        const details = messages === 0 ? 'no message came' : 'more than one message came';
        events.status({ code: grpc.status.UNIMPLEMENTED, details, metadata });
      } else if (notReadable.has(code) && isPage(answered) && !said.startsWith(knownForPage)) {
        const details = `HTTP 200 (${JSON.stringify(typeOf(answered)?.slice(0, 100))}) without a gRPC status`;
        events.status({ code: grpc.status.UNKNOWN, details, metadata });
      } else if (code === grpc.status.INTERNAL && goAwayWithError.test(said)) {
        const details = `the server closed the connection (GOAWAY): ${goAwayWithError.exec(said)![0]}`;
        events.status({ code: grpc.status.UNAVAILABLE, details, metadata });
      } else events.status(status);
    },
  };
}

function typeOf(answered: grpc.Metadata | undefined): string | undefined {
  return answered?.get('content-type')[0]?.toString();
}

function isPage(answered: grpc.Metadata | undefined): boolean {
  return typeOf(answered)?.startsWith('application/grpc') === false;
}
