import { type ServiceError, status } from '@grpc/grpc-js';

/** Answers of one command by target and backend, and its failures by status. */
export class Tally {
  readonly backends: Record<string, Record<string, number>> = {};
  readonly failures: Record<string, number> = {};

  answered(target: string, backend: string): void {
    this.backends[target] ??= {};
    const calls = this.backends[target];
    calls[backend] = (calls[backend] ?? 0) + 1;
  }

  failed(target: string, error: ServiceError): void {
    const failure = `${status[error.code] ?? error.name}: ${error.details ?? error.message}`;
    console.error(new Date().toISOString().slice(11, 23), target, failure);
    // grpc-js tells how long each call took, to the millisecond: counted by that, every failure would be one of its own.
    const kind = failure.replace(/\d+(\.\d+)?s\b/g, '…s');
    this.failures[kind] = (this.failures[kind] ?? 0) + 1;
  }
}
