/** Looking at very many stored objects without keeping the event loop: those that have to be parsed are, in turns. */
import type { KubeObject } from "../../machinery/object.ts";
import type { StoredObject } from "./stored-object.ts";

/** JSON bytes parsed between two turns: some two milliseconds. */
const bytesATurn = 256 * 1024;

/** So that selectors can be asked of all of them in one go. */
export async function learnSelectable(items: Iterable<StoredObject>, signal: AbortSignal): Promise<void> {
  const paces = new Paces(signal);
  for (const item of items) {
    if (item.isKnown) continue;
    void item.labels;
    if (paces.isDue(item)) await paces.turn();
  }
}

/** The objects of all of them. As long as they are held, `object` and `peek` find them. */
export async function parseAll(items: readonly StoredObject[], signal: AbortSignal): Promise<KubeObject[]> {
  const paces = new Paces(signal);
  const objects: KubeObject[] = [];
  for (const item of items) {
    const isParsed = item.isParsed;
    objects.push(item.object);
    if (!isParsed && paces.isDue(item)) await paces.turn();
  }
  return objects;
}

class Paces {
  readonly #signal: AbortSignal;
  #bytes = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Counts one that has been parsed. */
  isDue({ wireLength }: StoredObject): boolean {
    this.#bytes += wireLength;
    return this.#bytes >= bytesATurn;
  }

  async turn(): Promise<void> {
    this.#bytes = 0;
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal.throwIfAborted();
  }
}
