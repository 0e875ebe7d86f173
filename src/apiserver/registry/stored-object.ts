/**
 * One version of one object, as bytes and, while it is warm, as a frozen object, each made from the other.
 *
 * Stored bytes begin with kind, apiVersion and an empty `metadata.resourceVersion`, because the revision is known only
 * after the write. Everything up to that gap is the same for all objects of a kind, so the bytes that go over the wire
 * are head + revision + the rest of the stored bytes: an object is serialised once, when it is written.
 *
 * Tens of thousands of objects are stored, few of them are looked at: parsed they take several times the memory of their
 * bytes. So only those read or written lately are kept parsed. What selectors ask of the others is kept beside the
 * bytes; for anything else they are parsed again. A parsed object that somebody else still holds, an informer, is found
 * again and not made twice; but nobody may rely on reading the same one twice.
 */
import { stringifyGoJson } from "../../machinery/go-json.ts";
import { parseJson, stringifyJson } from "../../machinery/json-codec.ts";
import { sharedFieldsText } from "../../machinery/managed-fields/new-fields.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "../../machinery/meta.ts";
import { dropNulls, withNulls } from "../../machinery/nil-fields.ts";
import { apiVersionOf, type GroupVersionKind, type KubeObject } from "../../machinery/object.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import type { Labels } from "../../machinery/selectors/labels.ts";
import { type ObjectMemory, processMemory } from "./object-memory.ts";
import { PackedBytes, type Stretch, type WrittenText } from "./packed-bytes.ts";
import { type Selectable, SelectableFields } from "./selectable.ts";
import type { Coolable } from "./warm-objects.ts";

/** What of a kind's definition its objects' codec needs. */
export interface StoredKind extends GroupVersionKind {
  readonly namespaced?: boolean;
  /** Says which fields are null to clients when they are not set; none without it. */
  readonly schema?: MessageSchema;
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>;
}

/** Encodes and decodes the objects of one stored kind. */
export class ObjectCodec {
  /** `{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"` */
  readonly head: Buffer;
  readonly memory: ObjectMemory;
  readonly selectable: SelectableFields;
  readonly #namespaced: boolean;
  readonly #schema: MessageSchema | undefined;
  readonly #kind: string;
  readonly #apiVersion: string;
  readonly #stringify: (value: unknown) => string;
  /** `{"kind":"Pod","apiVersion":"v1","metadata":` */
  readonly #beginning: string;

  /** `holdsJson`: a field of the object is JSON of a client's own, whose bytes it may compare. */
  constructor(kind: StoredKind, holdsJson = false, memory: ObjectMemory = processMemory) {
    this.memory = memory;
    this.selectable = new SelectableFields(kind.selectableFields);
    this.#namespaced = kind.namespaced === true;
    this.#schema = kind.schema;
    this.#stringify = holdsJson ? stringifyGoJson : stringifyJson;
    this.#kind = kind.kind;
    this.#apiVersion = apiVersionOf(kind);
    this.#beginning = `{"kind":${JSON.stringify(this.#kind)},"apiVersion":${JSON.stringify(this.#apiVersion)},"metadata":`;
    this.head = Buffer.from(`${this.#beginning}{"resourceVersion":"`);
  }

  /** The same object with the keys in storing order; its top level and metadata are fresh, the rest is shared. */
  arrange<T extends KubeObject>(object: T): T {
    const arranged = { ...headFirst, ...object };
    arranged.kind = this.#kind;
    arranged.apiVersion = this.#apiVersion;
    arranged.metadata = arrangedMeta(object.metadata);
    return arranged;
  }

  /** Bytes of an arranged object, to be written. What stays of them is to be packed: they lie among others. */
  encode(arranged: KubeObject): Encoded {
    const written = this.#textOf(this.#schema === undefined ? arranged : withNulls(this.#schema, arranged));
    const bytes = this.memory.writes.write(written.text);
    return bytes.length === written.text.length ? { bytes, written } : { bytes };
  }

  /** The object of stored bytes. */
  decode(wire: Buffer): KubeObject {
    const object = parseJson(wire) as KubeObject;
    if (this.#schema !== undefined) dropNulls(this.#schema, object);
    return object;
  }

  /** Half of a pod's text is who owns its fields, which pods of one template share: that is not written anew for each. */
  #textOf(arranged: KubeObject): WrittenText {
    const { metadata } = arranged;
    const { managedFields } = metadata;
    const sets = managedFields === undefined || this.#stringify !== stringifyJson ? undefined : sharedSets(managedFields);
    if (managedFields === undefined || sets === undefined) return { text: this.#stringify(arranged) };
    const fieldSets: Stretch[] = [];
    let text = `${this.#beginning}${stringifyJson({ ...metadata, managedFields: undefined }).slice(0, -1)},"managedFields":[`;
    for (let index = 0; index < managedFields.length; index++) {
      const entry = managedFields[index]!;
      const { subresource } = entry;
      text += `${index === 0 ? "" : ","}${stringifyJson({ ...entry, fieldsV1: undefined, subresource: undefined }).slice(0, -1)},"fieldsV1":`;
      const start = text.length;
      text += sets[index] ?? stringifyJson(entry.fieldsV1);
      fieldSets.push({ start, end: text.length });
      text += subresource === undefined ? "}" : `,"subresource":${JSON.stringify(subresource)}}`;
    }
    text += "]}";
    let spec: Stretch | undefined;
    for (const field in arranged) {
      const value = arranged[field as keyof KubeObject];
      if (value === undefined || heading.has(field)) continue;
      const start = text.length + ",".length;
      text += `,${JSON.stringify(field)}:${stringifyJson(value)}`;
      if (field === "spec") spec = { start, end: text.length - "}".length };
    }
    return { text: `${text}}`, parts: { fieldSets, spec } };
  }

  /** What `encode` has made, or the bytes that a store has given back. */
  pack({ bytes, written }: Encoded): PackedBytes {
    return PackedBytes.of(bytes, this.head.length, this.memory.texts, written);
  }

  namespaceOf(key: string): string {
    if (!this.#namespaced) return "";
    const end = key.lastIndexOf("/");
    return key.slice(key.lastIndexOf("/", end - 1) + 1, end);
  }
}

/** Keys that are there already keep their places, whatever is spread over them. */
const headFirst: KubeObject = { kind: "", apiVersion: "", metadata: { name: "", uid: "" } };
const heading: ReadonlySet<string> = new Set(Object.keys(headFirst));

export interface Encoded {
  readonly bytes: Uint8Array;
  /** What they were written from, if that is known and all of it ASCII, so that its characters are the bytes. */
  readonly written?: WrittenText;
}

/** The revision first, as it is to be told from what follows, and last what takes most of the room. */
function arrangedMeta(metadata: ObjectMeta): ObjectMeta {
  if (metadata.managedFields === undefined || lastKey(metadata) === "managedFields") {
    const arranged = { resourceVersion: "", ...metadata };
    arranged.resourceVersion = "";
    return arranged;
  }
  const { resourceVersion: _resourceVersion, managedFields, ...rest } = metadata;
  return { resourceVersion: "", ...rest, managedFields };
}

function lastKey(object: object): string | undefined {
  let last: string | undefined;
  for (const key in object) last = key;
  return last;
}

/** The texts of the entries' sets, where they are shared; undefined if none of them is, so that there is nothing to gain. */
function sharedSets(entries: readonly Readonly<ManagedFieldsEntry>[]): readonly (string | undefined)[] | undefined {
  const known: (string | undefined)[] = [];
  let isAny = false;
  for (const { fieldsV1 } of entries) {
    if (fieldsV1 === undefined) return undefined;
    const text = typeof fieldsV1 === "object" && fieldsV1 !== null ? sharedFieldsText(fieldsV1) : undefined;
    isAny ||= text !== undefined;
    known.push(text);
  }
  return isAny ? known : undefined;
}

export class StoredObject implements Coolable {
  readonly key: string;
  readonly revision: number;
  readonly codec: ObjectCodec;
  readonly #packed: PackedBytes;
  #warm: KubeObject | undefined;
  /** What it was when it was last warm: somebody else may still hold it. */
  #cooled: WeakRef<KubeObject> | undefined;
  #selectable: Selectable | undefined;
  #read = false;

  /**
   * `bytes` as they are stored; packed, if the object is to stay. `object`, where it is at hand, carries the revision
   * already, and is nobody else's any more: it is frozen when somebody first looks at it.
   */
  constructor(codec: ObjectCodec, key: string, revision: number, bytes: Uint8Array | PackedBytes, object?: KubeObject) {
    this.codec = codec;
    this.key = key;
    this.revision = revision;
    this.#packed = bytes instanceof PackedBytes ? bytes : PackedBytes.whole(bytes, codec.head.length);
    if (object !== undefined) this.#keep(object);
  }

  /** Frozen. */
  get object(): KubeObject {
    if (this.#warm === undefined) return this.#keep(this.peek());
    this.#read = true;
    return deepFreeze(this.#warm);
  }

  /** The same for one who looks once, at many: it is not kept for others. */
  peek(): KubeObject {
    return deepFreeze(this.#any());
  }

  #any(): KubeObject {
    return this.#warm ?? this.#cooled?.deref() ?? this.codec.decode(this.wire());
  }

  /** Whether `object` costs nothing. */
  get isParsed(): boolean {
    return this.#warm !== undefined || this.#cooled?.deref() !== undefined;
  }

  get name(): string {
    return this.key.slice(this.key.lastIndexOf("/") + 1);
  }

  get labels(): Labels {
    return this.#known().labels;
  }

  /** A field that the kind can be selected by; undefined for any other. */
  field(field: string): string | undefined {
    if (field === "metadata.name") return this.name;
    if (field === "metadata.namespace") return this.codec.namespaceOf(this.key);
    return this.codec.selectable.value(this.#known(), field);
  }

  /** Whether `labels` and `field` cost nothing. */
  get isKnown(): boolean {
    return this.#selectable !== undefined || this.#warm !== undefined;
  }

  /** Of its JSON, in bytes. */
  get wireLength(): number {
    return this.codec.head.length + digitsOf(this.revision) + this.#packed.length;
  }

  /** Writes the JSON at `offset`, returns where it ends. `wireLength` is its length. */
  writeWire(target: Buffer, offset: number): number {
    const { head } = this.codec;
    target.set(head, offset);
    const revisionEnd = offset + head.length + target.write(String(this.revision), offset + head.length, "latin1");
    return this.#packed.write(target, revisionEnd);
  }

  wire(): Buffer {
    const bytes = Buffer.allocUnsafe(this.wireLength);
    this.writeWire(bytes, 0);
    return bytes;
  }

  /** The JSON with something before and behind it. */
  wireBetween(before: Uint8Array, after: Uint8Array): Buffer {
    const bytes = Buffer.allocUnsafe(before.length + this.wireLength + after.length);
    bytes.set(before);
    bytes.set(after, this.writeWire(bytes, before.length));
    return bytes;
  }

  /** The same content as of another revision: what a DELETED event shows. */
  at(revision: number): StoredObject {
    const object = this.#warm && this.object;
    const metadata = object && Object.freeze({ ...object.metadata, resourceVersion: String(revision) });
    const then = new StoredObject(this.codec, this.key, revision, this.#packed, metadata && Object.freeze({ ...object, metadata }));
    then.#selectable = this.#selectable;
    return then;
  }

  readSinceAsked(): boolean {
    const read = this.#read;
    this.#read = false;
    return read;
  }

  /** Only for the one who decides what is kept warm. */
  cool(): void {
    if (this.#warm === undefined) return;
    try {
      this.#known();
    } catch {
      // Malformed, and not written here: who selects by what it lacks is told so then.
    }
    // What nobody has looked at, nobody holds.
    if (Object.isFrozen(this.#warm)) this.#cooled = new WeakRef(this.#warm);
    this.#warm = undefined;
  }

  #known(): Selectable {
    this.#selectable ??= this.codec.selectable.read(this.#any(), this.codec.memory.selectable);
    return this.#selectable;
  }

  #keep(object: KubeObject): KubeObject {
    this.#warm = object;
    this.#cooled = undefined;
    this.codec.memory.warm.keep(this);
    return object;
  }
}

/** A write on its way to the store: ties the bytes that come back in the store's event to the object they came from. */
export class PendingWrite {
  readonly key: string;
  readonly #encoded: Encoded;
  readonly #codec: ObjectCodec;
  readonly #arranged: KubeObject;
  #stored: StoredObject | undefined;

  constructor(codec: ObjectCodec, key: string, object: KubeObject) {
    this.#codec = codec;
    this.key = key;
    this.#arranged = codec.arrange(object);
    this.#encoded = codec.encode(this.#arranged);
  }

  get bytes(): Uint8Array {
    return this.#encoded.bytes;
  }

  /** Called by whoever learns of the revision first, the writer or the store's event. */
  committed(revision: number): StoredObject {
    if (this.#stored === undefined) {
      this.#arranged.metadata.resourceVersion = String(revision);
      this.#stored = new StoredObject(this.#codec, this.key, revision, this.#codec.pack(this.#encoded), this.#arranged);
    }
    return this.#stored;
  }

  /** As if committed at that revision, without being stored (dry run). */
  imagined(revision: number): StoredObject {
    return this.committed(revision);
  }
}

/** Of a whole number that is not negative. */
function digitsOf(revision: number): number {
  let digits = 1;
  for (let power = 10; power <= revision; power *= 10) digits++;
  return digits;
}

/** Stops at what is frozen already: frozen objects are frozen all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}
