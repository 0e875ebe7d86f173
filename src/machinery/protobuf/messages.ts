/**
 * Messages on the protobuf wire, by their schema: fields in the order of their numbers, embedded messages where Go has
 * them, map entries sorted by key. What is encoded reads back as the object that JSON would have given.
 */
import protobuf from "protobufjs/minimal.js";
import { kindName } from "../go-types.ts";
import { maxDepth, tooDeepMessage } from "../json-scan.ts";
import { keepsZero } from "../pointers.ts";
import { type FieldSchema, type ItemType, itemMessage, type MessageSchema } from "../schema.ts";
import { oncePerMessage } from "../schema-walk.ts";
import { type Reader, readNested, type ScalarCodec, scalarCodecs, type Writer, wireLengthDelimited } from "./scalars.ts";

type Values = Record<string, unknown>;

interface Step {
  readonly number: number;
  /** Writes what the object has of this field, tag included. */
  write(writer: Writer, object: Values): void;
  /** Reads one occurrence into the object. */
  read(reader: Reader, wireType: number, object: Values, depth: number): void;
}

interface Plan {
  /** As Go names the type. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly byNumber: ReadonlyMap<number, Step>;
  /** JSON names of all fields, embedded ones included. */
  readonly names: readonly string[];
}

const planOf = oncePerMessage(makePlan);

/** Fields of embedded messages are written by those; apiVersion and kind (number 0) stand in the envelope. */
function makePlan(schema: MessageSchema): Plan {
  const inlined = new Set(schema.inline.flatMap(({ message }) => Object.keys(message.fields)));
  const own = Object.entries(schema.fields)
    .filter(([name, field]) => !inlined.has(name) && field.number > 0)
    .map(([name, field]) => fieldStep(schema, name, field));
  const steps = [...own, ...schema.inline.map(({ number, message }) => inlineStep(number, message))].sort((a, b) => a.number - b.number);
  return { name: kindName(schema), steps, byNumber: new Map(steps.map((step) => [step.number, step])), names: Object.keys(schema.fields) };
}

/** Encodes a message without length or envelope. */
export function encodeMessage(schema: MessageSchema, object: object): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(writer, schema, object);
  return writer.finish();
}

export function writeMessage(writer: Writer, schema: MessageSchema, object: object): void {
  for (const step of planOf(schema).steps) step.write(writer, object as Values);
}

/** What one message may hold: two bytes make an element of a list. */
export interface MessageLimits {
  /** Fields, each occurrence counted. */
  readonly values: number;
  /** Elements of one list and entries of one map beyond the first hundred, over all of them. */
  readonly wide: number;
}

/** The message holds more than the caller is ready to take. */
export class MessageTooLargeError extends Error {
  override readonly name = "MessageTooLargeError";
}

interface Allowance {
  values: number;
  wide: number;
}

const unlimited: MessageLimits = { values: Number.POSITIVE_INFINITY, wide: Number.POSITIVE_INFINITY };
const wideFrom = 100;
/** Of the messages being read: what is left to them. */
const allowances = new WeakMap<Reader, Allowance>();

function spend(reader: Reader, what: keyof Allowance): void {
  const left = allowances.get(reader);
  if (left !== undefined && --left[what] < 0) throw new MessageTooLargeError("the message holds too many values");
}

/**
 * Decodes what `encodeMessage` or a Go client wrote. Throws RangeError when cut short, MessageTooLargeError beyond the
 * limits, Error for bad content.
 */
export function decodeMessage(schema: MessageSchema, bytes: Uint8Array, limits: MessageLimits = unlimited): Values {
  const reader = protobuf.Reader.create(bytes);
  if (limits !== unlimited) allowances.set(reader, { ...limits });
  const object: Values = {};
  readFields(reader, reader.len, planOf(schema), object, 0);
  return object;
}

function readFields(reader: Reader, end: number, plan: Plan, object: Values, depth: number): void {
  if (depth > maxDepth) throw new Error(tooDeepMessage);
  while (reader.pos < end) {
    const tag = reader.uint32();
    spend(reader, "values");
    if ((tag & 7) === wireEndGroup) throw new Error(`proto: ${plan.name}: wiretype end group for non-group`);
    const step = plan.byNumber.get(tag >>> 3);
    if (step === undefined) skip(reader, plan, tag);
    else step.read(reader, tag & 7, object, depth);
  }
  if (reader.pos !== end) throw new RangeError("message overruns its length");
}

const wireEndGroup = 4;

function skip(reader: Reader, plan: Plan, tag: number): void {
  if (tag >>> 3 === 0) throw new Error(`proto: ${plan.name}: illegal tag 0 (wire type ${tag})`);
  reader.skipType(tag & 7);
}

function readMessage(reader: Reader, plan: Plan, object: Values, depth: number): Values {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("message is cut short");
  readFields(reader, end, plan, object, depth + 1);
  return object;
}

/** An embedded message shares the parent's JSON object; it is written when any of its fields is there. */
function inlineStep(number: number, message: MessageSchema): Step {
  const tag = (number << 3) | wireLengthDelimited;
  return {
    number,
    write(writer, object) {
      const plan = planOf(message);
      if (!plan.names.some((name) => object[name] !== undefined)) return;
      writer.uint32(tag).fork();
      for (const step of plan.steps) step.write(writer, object);
      writer.ldelim();
    },
    read(reader, wireType, object, depth) {
      expectWireType(wireType, wireLengthDelimited, kindName(message));
      readMessage(reader, planOf(message), object, depth);
    },
  };
}

function expectWireType(actual: number, expected: number, field: string): void {
  if (actual !== expected) throw new Error(`proto: wrong wireType = ${actual} for field ${goName(field)}`);
}

/** Of a field, by its JSON name. */
function goName(field: string): string {
  return field === "metadata" ? "ObjectMeta" : field.charAt(0).toUpperCase() + field.slice(1);
}

function fieldStep(schema: MessageSchema, name: string, field: FieldSchema): Step {
  switch (field.kind) {
    case "scalar":
      return scalarStep(name, field.number, scalarCodecs[field.type], keepsZero(schema.name, name, field.options.required));
    case "message":
      return messageStep(name, field.number, field.message);
    case "list":
      return listStep(name, field.number, itemCodec(field.item));
    case "map":
      return mapStep(name, field.number, field.wrapped ? wrappedListCodec : itemCodec(field.value));
  }
}

/** `keepZero`: the zero value is a value. Otherwise the wire's zero is Go's way to say nothing. */
function scalarStep(name: string, number: number, codec: ScalarCodec, keepZero: boolean): Step {
  const tag = (number << 3) | codec.wireType;
  return {
    number,
    write(writer, object) {
      const value = object[name];
      if (value === undefined || value === null) return;
      writer.uint32(tag);
      codec.write(writer, value);
    },
    read(reader, wireType, object) {
      expectWireType(wireType, codec.wireType, name);
      const value = codec.read(reader);
      if (value !== undefined && (keepZero || value !== codec.zero)) object[name] = value;
      else if (object[name] !== undefined) delete object[name];
    },
  };
}

function messageStep(name: string, number: number, message: () => MessageSchema): Step {
  const tag = (number << 3) | wireLengthDelimited;
  return {
    number,
    write(writer, object) {
      const value = object[name];
      if (value === undefined || value === null) return;
      writer.uint32(tag).fork();
      writeMessage(writer, message(), value as object);
      writer.ldelim();
    },
    read(reader, wireType, object, depth) {
      expectWireType(wireType, wireLengthDelimited, name);
      object[name] = readMessage(reader, planOf(message()), (object[name] as Values | undefined) ?? {}, depth);
    },
  };
}

/** How one element of a list or map is written (after its tag) and read. */
interface ItemCodec {
  readonly wireType: number;
  write(writer: Writer, value: unknown): void;
  read(reader: Reader, depth: number): unknown;
  /** The value of a map entry that has only a key. */
  zero(): unknown;
}

function itemCodec(item: ItemType): ItemCodec {
  if (typeof item === "string") return scalarItemCodec(scalarCodecs[item]);
  const plan = () => planOf(itemMessage(item)!);
  return {
    wireType: wireLengthDelimited,
    write(writer, value) {
      writer.fork();
      for (const step of plan().steps) step.write(writer, value as Values);
      writer.ldelim();
    },
    read: (reader, depth) => readMessage(reader, plan(), {}, depth),
    zero: () => ({}),
  };
}

function scalarItemCodec(codec: ScalarCodec): ItemCodec {
  return { wireType: codec.wireType, write: codec.write, read: (reader) => codec.read(reader) ?? codec.zero ?? null, zero: () => codec.zero ?? "0" };
}

/** map[string][]string: the lists are messages of their own. */
const wrappedListCodec: ItemCodec = {
  wireType: wireLengthDelimited,
  write(writer, value) {
    writer.fork();
    for (const text of value as readonly string[]) writer.uint32((1 << 3) | wireLengthDelimited).string(text);
    writer.ldelim();
  },
  read(reader) {
    const list: string[] = [];
    readNested(reader, (number) => {
      if (number !== 1) return false;
      list.push(reader.string());
      return true;
    });
    return list;
  },
  zero: () => [],
};

function listStep(name: string, number: number, codec: ItemCodec): Step {
  const tag = (number << 3) | codec.wireType;
  return {
    number,
    write(writer, object) {
      for (const item of (object[name] as readonly unknown[] | undefined | null) ?? []) {
        writer.uint32(tag);
        codec.write(writer, item);
      }
    },
    read(reader, wireType, object, depth) {
      const list = (object[name] as unknown[] | undefined) ?? [];
      object[name] = list;
      if (list.length >= wideFrom) spend(reader, "wide");
      if (wireType === codec.wireType) list.push(codec.read(reader, depth));
      else readPacked(reader, wireType, name, codec, list, depth);
    },
  };
}

/** Numbers may also come packed: one length, then all of them. */
function readPacked(reader: Reader, wireType: number, name: string, codec: ItemCodec, list: unknown[], depth: number): void {
  expectWireType(wireType, wireLengthDelimited, name);
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("packed list is cut short");
  while (reader.pos < end) {
    spend(reader, "values");
    list.push(codec.read(reader, depth));
  }
}

/** Entries are messages {1: key, 2: value}, sorted by key so that equal objects have equal bytes. */
function mapStep(name: string, number: number, codec: ItemCodec): Step {
  const tag = (number << 3) | wireLengthDelimited;
  const valueTag = (2 << 3) | codec.wireType;
  return {
    number,
    write(writer, object) {
      const map = object[name] as Values | undefined | null;
      if (map === undefined || map === null) return;
      for (const key of Object.keys(map).sort()) {
        writer.uint32(tag).fork();
        writer.uint32((1 << 3) | wireLengthDelimited).string(key);
        writer.uint32(valueTag);
        codec.write(writer, map[key]);
        writer.ldelim();
      }
    },
    read(reader, wireType, object, depth) {
      expectWireType(wireType, wireLengthDelimited, name);
      const map = (object[name] as Values | undefined) ?? {};
      object[name] = map;
      // A map has no length: every entry counts.
      spend(reader, "wide");
      let key = "";
      let value: unknown;
      readNested(reader, (field) => {
        if (field === 1) key = reader.string();
        else if (field === 2) value = codec.read(reader, depth);
        else return false;
        return true;
      });
      // Defined, not assigned: a key named __proto__ must become a property.
      Object.defineProperty(map, key, { value: value ?? codec.zero(), enumerable: true, writable: true, configurable: true });
    },
  };
}
