/** What selectors ask of an object: small, mostly the same as another's, and kept when the parsed object is not. */
import type { KubeObject } from "../../machinery/object.ts";
import type { Labels } from "../../machinery/selectors/labels.ts";
import { RecentMap } from "./recent-map.ts";

export interface Selectable {
  readonly labels: Labels;
  /** Values of the kind's selectable fields, in its order. */
  readonly fields: readonly string[];
}

/** Equal labels and equal values are kept once, as far as they come near each other. */
export class SelectableTexts {
  readonly #labels = new RecentMap<string, Labels>(1024);
  readonly #fields = new RecentMap<string, readonly string[]>(1024);
  readonly #values = new RecentMap<string, string>(1024);
  /** Objects of one kind come one after the other, and new ones have the same fields. */
  #latest: readonly string[] = none;

  labels(labels: Labels): Labels {
    return labels === undefined ? undefined : this.#labels.shared(JSON.stringify(labels), Object.freeze(labels));
  }

  fields(values: readonly string[]): readonly string[] {
    if (values.length === 0) return none;
    if (isSame(values, this.#latest)) return this.#latest;
    // Not joined: the values may hold any character.
    const key = JSON.stringify(values);
    let known = this.#fields.get(key);
    if (known === undefined) {
      known = values.map((value) => this.#values.shared(value, value));
      this.#fields.set(key, known);
    }
    this.#latest = known;
    return known;
  }
}

function isSame(values: readonly string[], others: readonly string[]): boolean {
  if (values.length !== others.length) return false;
  for (let index = 0; index < values.length; index++) if (values[index] !== others[index]) return false;
  return true;
}

const none: readonly string[] = [];

/** How the fields that a kind can be selected by are read and found. Name and namespace are not among them: keys tell them. */
export class SelectableFields {
  readonly #readers: readonly ((object: KubeObject) => string)[];
  readonly #index: ReadonlyMap<string, number>;

  constructor(fields: Readonly<Record<string, (object: KubeObject) => string>> = {}) {
    this.#readers = Object.values(fields);
    this.#index = new Map(Object.keys(fields).map((field, index) => [field, index]));
  }

  read(object: KubeObject, texts: SelectableTexts): Selectable {
    const fields: string[] = [];
    for (const reader of this.#readers) fields.push(reader(object));
    return { labels: texts.labels(object.metadata.labels), fields: texts.fields(fields) };
  }

  /** Undefined for a field that the kind cannot be selected by. */
  value({ fields }: Selectable, field: string): string | undefined {
    const index = this.#index.get(field);
    return index === undefined ? undefined : fields[index];
  }
}
