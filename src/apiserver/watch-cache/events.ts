/** What the watch cache tells of changes, before any one watcher's selectors are applied. */
import type { StoredObject } from "../registry/stored-object.ts";

/** A change of one object. For a deletion `current` is undefined and `revision` that of the deletion. */
export interface CacheEvent {
  readonly revision: number;
  readonly key: string;
  readonly current: StoredObject | undefined;
  readonly previous: StoredObject | undefined;
  /** Clock milliseconds of arrival, for keeping a window of history. */
  readonly at: number;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

/**
 * One event as watchers see it, shared by all watchers that see the same one. It keeps its encodings, so
 * that a hundred watchers cost one.
 */
export class WatchMessage {
  readonly type: WatchEventType;
  readonly stored: StoredObject;
  #line: Buffer | undefined;
  #frame: Uint8Array | undefined;

  constructor(type: WatchEventType, stored: StoredObject) {
    this.type = type;
    this.stored = stored;
  }

  /** Another encoding of the event, made once by the first who needs it. */
  frame(make: () => Uint8Array): Uint8Array {
    this.#frame ??= make();
    return this.#frame;
  }

  /** `{"type":"ADDED","object":{…}}` and a line feed. */
  get line(): Buffer {
    this.#line ??= this.stored.wireBetween(lineHeads[this.type], lineTail);
    return this.#line;
  }
}

const lineHeads: Record<WatchEventType, Buffer> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const lineTail = Buffer.from("}\n");

/** A cache event on its way to many watchers: each form of it is made once, when the first watcher needs it. */
export class Delivery {
  readonly event: CacheEvent;
  #added: WatchMessage | undefined;
  #modified: WatchMessage | undefined;
  #deleted: WatchMessage | undefined;

  constructor(event: CacheEvent) {
    this.event = event;
  }

  /**
   * What a watcher with this filter sees. Leaving the filter shows as DELETED with the last content that was visible
   * and the revision of the change, entering it as ADDED.
   */
  messageFor(matches: (stored: StoredObject) => boolean): WatchMessage | undefined {
    const { current, previous, revision } = this.event;
    const now = current !== undefined && matches(current);
    const before = previous !== undefined && matches(previous);
    if (now && before) {
      this.#modified ??= new WatchMessage("MODIFIED", current);
      return this.#modified;
    }
    if (now) {
      this.#added ??= new WatchMessage("ADDED", current);
      return this.#added;
    }
    if (!before) return undefined;
    this.#deleted ??= new WatchMessage("DELETED", previous.at(revision));
    return this.#deleted;
  }
}
