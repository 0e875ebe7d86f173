/** Looking at very many stored objects without keeping the event loop: the work is done in turns. */
import type { KubeObject } from "../../machinery/object.ts";
import type { ListResult } from "./read.ts";
import type { StoredObject } from "./stored-object.ts";

/** JSON bytes worked on between two turns: some two milliseconds. */
const bytesATurn = 256 * 1024;

/** So that selectors can be asked of all of them in one go. */
export async function learnSelectable(items: Iterable<StoredObject>, signal?: AbortSignal): Promise<void> {
  const paces = new Paces(signal);
  for (const item of items) {
    if (item.isKnown) continue;
    void item.labels;
    if (paces.isDue(item)) await paces.turn();
  }
}

/** The list with its objects, which nothing else keeps parsed at the same time. */
export async function parsedList(list: ListResult, signal?: AbortSignal): Promise<ListResult> {
  return { ...list, objects: await parseAll(list.items, signal) };
}

/** All objects of a list, in one go where they are not at hand. */
export function objectsIn(list: ListResult): readonly KubeObject[] {
  return list.objects ?? list.items.map((stored) => stored.object);
}

export async function parseAll(items: readonly StoredObject[], signal?: AbortSignal): Promise<KubeObject[]> {
  const paces = new Paces(signal);
  const objects: KubeObject[] = [];
  for (const item of items) {
    const isParsed = item.isParsed;
    objects.push(item.object);
    if (!isParsed && paces.isDue(item)) await paces.turn();
  }
  return objects;
}

/** What `each` makes of all of them. */
export async function mapObjects<T>(items: readonly StoredObject[], each: (object: KubeObject) => T, signal?: AbortSignal): Promise<T[]> {
  const paces = new Paces(signal);
  const made: T[] = [];
  for (const item of items) {
    made.push(each(item.object));
    if (paces.isDue(item)) await paces.turn();
  }
  return made;
}

class Paces {
  readonly #signal: AbortSignal | undefined;
  #bytes = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Counts one that has been worked on. */
  isDue({ wireLength }: StoredObject): boolean {
    this.#bytes += wireLength;
    return this.#bytes >= bytesATurn;
  }

  async turn(): Promise<void> {
    this.#bytes = 0;
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal?.throwIfAborted();
  }
}
