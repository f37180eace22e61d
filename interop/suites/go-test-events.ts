/** A line of `go test -json`. */
interface GoTestEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
}

export type Outcome = 'passed' | 'failed' | 'skipped' | 'unfinished';

/** What became of a test function, and what it printed. */
export interface FunctionRun {
  readonly package: string;
  readonly name: string;
  /** For `-run`. */
  readonly pattern: string;
  outcome: Outcome;
  readonly output: string[];
}

const ends: Readonly<Record<string, Outcome>> = { pass: 'passed', fail: 'failed', skip: 'skipped' };
/** So many lines of each function are kept, the last ones. */
const maxLines = 400;

/**
 * The function that a test belongs to: `Test/Foo/bar` is part of `Foo`, which grpc-go's `RunSubTests` runs below one `Test`;
 * `TestFoo/bar` is part of `TestFoo`. Undefined: `Test` itself.
 */
export function functionOf(test: string): { name: string; pattern: string; isWhole: boolean } | undefined {
  const parts = test.split('/');
  if (parts[0] !== 'Test') return { name: parts[0]!, pattern: `^${parts[0]}$`, isWhole: parts.length === 1 };
  if (parts.length === 1) return undefined;
  return { name: parts[1]!, pattern: `^Test$/^${parts[1]}$`, isWhole: parts.length === 2 };
}

/** Reads what `go test -json` prints, by test function. Lines that are no event are left out. */
export class GoTestEvents {
  readonly functions = new Map<string, FunctionRun>();
  /** Packages that failed as a whole, with what they printed: they do not compile, or a test ended the process. */
  readonly brokenPackages = new Map<string, string[]>();
  readonly #packageOutput = new Map<string, string[]>();

  line(text: string): void {
    let event: GoTestEvent;
    try {
      event = JSON.parse(text) as GoTestEvent;
    } catch {
      return;
    }
    const { Action: action, Package: name = '', Test: test, Output: output } = event;
    if (test === undefined) {
      this.#ofPackage(name, action, output);
      return;
    }
    const of = functionOf(test);
    if (of === undefined) return;
    const key = `${name} ${of.name}`;
    let run = this.functions.get(key);
    if (run === undefined) {
      run = { package: name, name: of.name, pattern: of.pattern, outcome: 'unfinished', output: [] };
      this.functions.set(key, run);
    }
    if (output !== undefined) keep(run.output, output);
    if (of.isWhole) run.outcome = ends[action] ?? run.outcome;
  }

  #ofPackage(name: string, action: string, output: string | undefined): void {
    const lines = this.#packageOutput.get(name) ?? [];
    this.#packageOutput.set(name, lines);
    if (output !== undefined) keep(lines, output);
    if (action !== 'fail') return;
    const own = [...this.functions.values()].filter((run) => run.package === name);
    // Where a test ended the process, those after it were not run.
    const ran = own.some(({ outcome }) => outcome === 'failed') && own.every(({ outcome }) => outcome !== 'unfinished');
    if (!ran) this.brokenPackages.set(name, lines);
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > maxLines) lines.shift();
}
