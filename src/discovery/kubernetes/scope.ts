import { EvenkeelError } from '../../base/errors.ts';

/** So many namespaces are named in one error; the rest is counted. */
const namesListed = 10;

/** One namespace, or all of them: which of its collections were listed, and what keeps them from being read. */
export class Scope {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly #resources: readonly string[];
  readonly #unlisted: Set<string>;
  /** By resource. */
  readonly #errors = new Map<string, EvenkeelError>();
  #isGivenUp = false;

  /** @param resources - the collections that belong together */
  constructor(namespace: string | undefined, resources: readonly string[]) {
    this.namespace = namespace;
    this.#resources = resources;
    this.#unlisted = new Set(resources);
  }

  /** Whether everything that exists was listed once. */
  get isComplete(): boolean {
    return this.#unlisted.size === 0;
  }

  /** Whether others are not kept waiting for it. */
  get isGivenUp(): boolean {
    return this.#isGivenUp && !this.isComplete;
  }

  get errors(): EvenkeelError[] {
    return this.#resources.flatMap((resource) => this.#errors.get(resource) ?? []);
  }

  /** Why it cannot be listed, if rights are missing; an outage or a slow server is another thing, which passes. */
  get forbidden(): EvenkeelError | undefined {
    return this.isComplete ? undefined : this.errors.find(({ code }) => code === 'EK_KUBE_FORBIDDEN');
  }

  listed(resource: string): void {
    this.#unlisted.delete(resource);
  }

  report(resource: string, error: EvenkeelError | undefined): void {
    if (error === undefined) this.#errors.delete(resource);
    else this.#errors.set(resource, error);
  }

  giveUp(): void {
    this.#isGivenUp = true;
  }
}

/** What is wrong with all of them, those that were given up first and as one. */
export function errorsOf(scopes: readonly Scope[]): EvenkeelError[] {
  const { left = [], tried = [] } = Object.groupBy(scopes, ({ isGivenUp }) => (isGivenUp ? 'left' : 'tried'));
  const errors = tried.flatMap((scope) => scope.errors);
  const first = left[0]?.forbidden ?? left[0]?.errors[0];
  if (first === undefined) return errors;
  const names = left.slice(0, namesListed).map(({ namespace }) => namespace);
  const rest = left.length - names.length;
  const which = `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const what = left.length === 1 ? `the namespace ${which} is` : `the namespaces ${which} are`;
  return [new EvenkeelError(first.code, `${what} not served: ${first.message}`, { hint: first.hint }), ...errors];
}
