import { Counter, Gauge, Registry } from 'prom-client';
import { type MetricDefinition, type MetricName, metricDefinitions } from './metric-definitions.ts';
import { typeLabels } from './type-label.ts';

type Labels = Record<string, string>;

type CounterName = Extract<MetricName, `${string}_total`>;
type GaugeName = Exclude<MetricName, CounterName>;

/** Counts what happens thousands of times in a moment: its labels are looked up when somebody reads the metrics. */
export class Tally {
  #counted = 0;

  add(by = 1): void {
    this.#counted += by;
  }

  /** What has been counted since the last time. */
  take(): number {
    const counted = this.#counted;
    this.#counted = 0;
    return counted;
  }
}

/** The metrics of one control plane: counters are counted as things happen, gauges are read when somebody asks. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #tallies: { readonly counter: Counter; readonly labels: Labels; readonly tally: Tally }[] = [];

  constructor() {
    for (const [name, { type, help, labels }] of Object.entries<MetricDefinition>(metricDefinitions)) {
      const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (type === 'counter') this.#counters.set(name, counterFromZero(new Counter(options), labels));
      else this.#gauges.set(name, forgetZero(new Gauge(options), { labels }));
    }
  }

  /** Counts one, or `by`. */
  count(name: CounterName, labels: Labels = {}, by = 1): void {
    this.#counters.get(name)!.inc(labels, by);
  }

  /** Of a counter, with these labels: one for each that is asked for, so that they have to be few. */
  tally(name: CounterName, labels: Labels): Tally {
    const tally = new Tally();
    this.#tallies.push({ counter: this.#counters.get(name)!, labels, tally });
    return tally;
  }

  /** Sets a counter to exactly these values, of somebody who counts himself; they only grow. */
  read(name: CounterName, values: Iterable<readonly [Labels, number]>): void {
    const counter = this.#counters.get(name)!;
    counter.reset();
    for (const [labels, value] of values) counter.inc(labels, value);
  }

  /** Sets a gauge to exactly these values; label values that are not among them are forgotten. */
  set(name: GaugeName, values: Iterable<readonly [Labels, number]>): void {
    const gauge = this.#gauges.get(name)!;
    gauge.reset();
    forgetZero(gauge, metricDefinitions[name]);
    for (const [labels, value] of values) gauge.set(labels, value);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The Prometheus text format. */
  text(): Promise<string> {
    for (const { counter, labels, tally } of this.#tallies) {
      const counted = tally.take();
      if (counted > 0) counter.inc(labels, counted);
    }
    return this.#registry.metrics();
  }
}

/** A series that begins with its first event is one whose increase Prometheus never sees; those of types are known. */
function counterFromZero(counter: Counter, labels: readonly string[]): Counter {
  if (labels.join() === 'type') for (const type of typeLabels) counter.inc({ type }, 0);
  return counter;
}

/** One without labels begins with 0, which is said of things that are not there: a certificate that ended in 1970. */
function forgetZero(gauge: Gauge, { labels }: Pick<MetricDefinition, 'labels'>): Gauge {
  if (labels.length === 0) gauge.remove();
  return gauge;
}
