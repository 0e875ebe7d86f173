/**
 * One version of one object, as bytes and as a frozen object, each made from the other when first asked for.
 *
 * Stored bytes begin with kind, apiVersion and an empty `metadata.resourceVersion`, because the revision is known only
 * after the write. Everything up to that gap is the same for all objects of a kind, so the bytes that go over the wire
 * are head + revision + the rest of the stored bytes: an object is serialised once, when it is written.
 */
import { stringifyGoJson } from "../../machinery/go-json.ts";
import { parseJson, stringifyJson } from "../../machinery/json-codec.ts";
import { apiVersionOf, type GroupVersionKind, type KubeObject } from "../../machinery/object.ts";

/** Encodes and decodes the objects of one stored kind. */
export class ObjectCodec {
  /** `{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"` */
  readonly head: Buffer;
  readonly #kind: string;
  readonly #apiVersion: string;
  readonly #stringify: (value: unknown) => string;

  /** `holdsJson`: a field of the object is JSON of a client's own, whose bytes it may compare. */
  constructor(gvk: GroupVersionKind, holdsJson = false) {
    this.#stringify = holdsJson ? stringifyGoJson : stringifyJson;
    this.#kind = gvk.kind;
    this.#apiVersion = apiVersionOf(gvk);
    this.head = Buffer.from(`{"kind":${JSON.stringify(this.#kind)},"apiVersion":${JSON.stringify(this.#apiVersion)},"metadata":{"resourceVersion":"`);
  }

  /** The same object with the keys in storing order; its top level and metadata are fresh, the rest is shared. */
  arrange<T extends KubeObject>(object: T): T {
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object as KubeObject;
    const { resourceVersion: _resourceVersion, ...meta } = metadata;
    return { kind: this.#kind, apiVersion: this.#apiVersion, metadata: { resourceVersion: "", ...meta }, ...rest } as unknown as T;
  }

  /**
   * Bytes of an arranged object, in memory of their own: they live as long as the object is stored, and in node's pool
   * each would keep 64 KB of short-lived neighbours with it.
   */
  encode(arranged: KubeObject): Buffer {
    const text = this.#stringify(arranged);
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
    bytes.write(text);
    return bytes;
  }

  decode(bytes: Uint8Array, revision: number): KubeObject {
    const object = parseJson(bytes) as KubeObject;
    object.metadata.resourceVersion = String(revision);
    return deepFreeze(object);
  }
}

export class StoredObject {
  readonly key: string;
  readonly revision: number;
  readonly bytes: Uint8Array;
  readonly codec: ObjectCodec;
  #object: KubeObject | undefined;

  /** `object`, where it is at hand, carries the revision already and is frozen. */
  constructor(codec: ObjectCodec, key: string, revision: number, bytes: Uint8Array, object?: KubeObject) {
    this.codec = codec;
    this.key = key;
    this.revision = revision;
    this.bytes = bytes;
    this.#object = object;
  }

  get object(): KubeObject {
    this.#object ??= this.codec.decode(this.bytes, this.revision);
    return this.#object;
  }

  /** JSON as clients see it, in pieces to be joined. */
  pushWire(pieces: Uint8Array[]): void {
    const head = this.codec.head;
    pieces.push(head, Buffer.from(String(this.revision)), this.bytes.subarray(head.length));
  }

  get wireLength(): number {
    return this.bytes.length + String(this.revision).length;
  }

  /** Writes the JSON at `offset`, returns where it ends. `wireLength` is its length. */
  writeWire(target: Buffer, offset: number): number {
    const { head } = this.codec;
    target.set(head, offset);
    const revisionEnd = offset + head.length + target.write(String(this.revision), offset + head.length, "latin1");
    target.set(this.bytes.subarray(head.length), revisionEnd);
    return revisionEnd + this.bytes.length - head.length;
  }

  wire(): Buffer {
    const pieces: Uint8Array[] = [];
    this.pushWire(pieces);
    return Buffer.concat(pieces);
  }

  /** The same content as of another revision: what a DELETED event shows. */
  at(revision: number): StoredObject {
    const metadata = { ...this.object.metadata, resourceVersion: String(revision) };
    const object = Object.freeze({ ...this.object, metadata: Object.freeze(metadata) });
    return new StoredObject(this.codec, this.key, revision, this.bytes, object);
  }
}

/** A write on its way to the store: ties the bytes that come back in the store's event to the object they came from. */
export class PendingWrite {
  readonly key: string;
  readonly bytes: Buffer;
  readonly #codec: ObjectCodec;
  readonly #arranged: KubeObject;
  #stored: StoredObject | undefined;

  constructor(codec: ObjectCodec, key: string, object: KubeObject) {
    this.#codec = codec;
    this.key = key;
    this.#arranged = codec.arrange(object);
    this.bytes = codec.encode(this.#arranged);
  }

  /** Called by whoever learns of the revision first, the writer or the store's event. */
  committed(revision: number): StoredObject {
    if (this.#stored === undefined) {
      this.#arranged.metadata.resourceVersion = String(revision);
      this.#stored = new StoredObject(this.#codec, this.key, revision, this.bytes, deepFreeze(this.#arranged));
    }
    return this.#stored;
  }

  /** As if committed at that revision, without being stored (dry run). */
  imagined(revision: number): StoredObject {
    return this.committed(revision);
  }
}

/** Stops at what is frozen already: frozen objects are frozen all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}
