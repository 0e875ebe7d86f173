/**
 * Counters and histograms for paths that every request takes: a cell is found once by its labels and then only counts.
 * Text is made when somebody asks (Prometheus exposition format 0.0.4).
 */
import { ByLabels } from "./by-labels.ts";

export class Counter {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }
}

export class Histogram {
  readonly #bounds: readonly number[];
  /** Observations of each bucket, not cumulated; the last is +Inf. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  lines(name: string, labels: string): string[] {
    const separator = labels === "" ? "" : ",";
    let total = 0;
    const lines = this.#counts.map((count, i) => {
      total += count;
      return `${name}_bucket{${labels}${separator}le="${this.#bounds[i] ?? "+Inf"}"} ${total}`;
    });
    const tail = labels === "" ? "" : `{${labels}}`;
    return [...lines, `${name}_sum${tail} ${this.#sum}`, `${name}_count${tail} ${total}`];
  }
}

interface Sample {
  readonly labels: string;
  readonly value: number;
}

/** One metric of one name, as many cells as there are combinations of label values. */
export class Family<Cell extends object> {
  readonly #labelNames: readonly string[];
  readonly #cells = new ByLabels<Cell>();
  /** All of them, in the order they were made. */
  readonly #labelled: (readonly [labels: string, cell: Cell])[] = [];
  readonly #make: () => Cell;

  constructor(labelNames: readonly string[], make: () => Cell) {
    this.#labelNames = labelNames;
    this.#make = make;
  }

  /** Values in the order of the label names. */
  cell(...values: readonly string[]): Cell {
    return this.#cells.get(values, () => {
      const cell = this.#make();
      this.#labelled.push([labelText(this.#labelNames, values), cell]);
      return cell;
    });
  }

  [Symbol.iterator](): IterableIterator<readonly [labels: string, cell: Cell]> {
    return this.#labelled.values();
  }
}

export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escaped(values[i] ?? "")}"`).join(",");
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : value;
}

/** What is written of all families, in the order they were made. */
export class Exposition {
  readonly #parts: (() => string[] | Promise<string[]>)[] = [];

  counter(name: string, help: string, ...labels: string[]): Family<Counter> {
    const family = new Family(labels, () => new Counter());
    this.#add(name, help, "counter", () => counterSamples(family));
    return family;
  }

  histogram(name: string, help: string, bounds: readonly number[], ...labels: string[]): Family<Histogram> {
    const family = new Family(labels, () => new Histogram(bounds));
    this.#parts.push(() => {
      const lines = [...family].flatMap(([text, cell]) => cell.lines(name, text));
      return lines.length === 0 ? [] : [...head(name, help, "histogram"), ...lines];
    });
    return family;
  }

  /** Values that are read off when asked for. */
  gauge(name: string, help: string, labels: readonly string[], read: () => Gauged | Promise<Gauged>): void {
    this.#add(name, help, "gauge", async () => [...(await read())].map(([values, value]) => ({ labels: labelText(labels, values), value })));
  }

  /** A gauge that goes up and down as things happen. */
  level(name: string, help: string, ...labels: string[]): Family<Counter> {
    const family = new Family(labels, () => new Counter());
    this.#add(name, help, "gauge", () => counterSamples(family));
    return family;
  }

  async text(): Promise<string> {
    const parts = await Promise.all(this.#parts.map((part) => part()));
    return parts.map((lines) => (lines.length === 0 ? "" : `${lines.join("\n")}\n`)).join("");
  }

  #add(name: string, help: string, type: string, read: () => Sample[] | Promise<Sample[]>): void {
    this.#parts.push(async () => {
      const samples = await read();
      if (samples.length === 0) return [];
      return [...head(name, help, type), ...samples.map(({ labels, value }) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}`)];
    });
  }
}

/** Label values and the value. */
export type Gauged = Iterable<readonly [values: readonly string[], value: number]>;

function counterSamples(family: Family<Counter>): Sample[] {
  return [...family].map(([labels, { value }]) => ({ labels, value }));
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

export const durationBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

export function exponentialBounds(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}
