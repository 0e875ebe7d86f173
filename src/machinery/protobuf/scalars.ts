/**
 * Scalars on the protobuf wire, as k8s.io's generated types write them: some plain, some messages of their own
 * (Time, Quantity, IntOrString, Duration, RawExtension).
 */
import type protobuf from "protobufjs/minimal.js";
import { durationText, parseDuration } from "../duration.ts";
import { stringifyGoJson } from "../go-json.ts";
import { JsonError, parseJson } from "../json-codec.ts";
import { canonicalQuantity } from "../quantity.ts";
import type { ScalarType } from "../schema.ts";
import { instantText, readInstant } from "../time.ts";

export type Reader = protobuf.Reader;
export type Writer = protobuf.Writer;

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireLengthDelimited = 2;

export interface ScalarCodec {
  readonly wireType: number;
  /** Writes the value without its tag. */
  write(writer: Writer, value: unknown): void;
  /** The value; undefined where the wire says "none" (an empty Time). Throws an Error for content that is none. */
  read(reader: Reader): unknown;
  /** What Go's zero value decodes to. */
  readonly zero: unknown;
}

const seconds = { tag: (1 << 3) | wireVarint };
const nanos = { tag: (2 << 3) | wireVarint };
/** Go's zero time: on the wire an empty message. */
const zeroTimeSeconds = -62135596800;

export const scalarCodecs: Readonly<Record<ScalarType, ScalarCodec>> = {
  string: { wireType: wireLengthDelimited, write: (writer, value) => writer.string(value as string), read: (reader) => reader.string(), zero: "" },
  bool: { wireType: wireVarint, write: (writer, value) => writer.bool(value as boolean), read: (reader) => reader.bool(), zero: false },
  int32: { wireType: wireVarint, write: (writer, value) => writer.int32(value as number), read: (reader) => reader.int32(), zero: 0 },
  int64: { wireType: wireVarint, write: (writer, value) => writeInt64(writer, value as number | bigint), read: readInt64, zero: 0 },
  double: { wireType: wireFixed64, write: (writer, value) => writer.double(value as number), read: (reader) => reader.double(), zero: 0 },
  bytes: {
    wireType: wireLengthDelimited,
    write: (writer, value) => writer.bytes(bytesOf(value as string)),
    read: (reader) => base64Of(reader.bytes()),
    zero: "",
  },
  quantity: { wireType: wireLengthDelimited, write: (writer, value) => writeText(writer, value as string), read: readQuantity, zero: undefined },
  intOrString: { wireType: wireLengthDelimited, write: (writer, value) => writeIntOrString(writer, value as number | string), read: readIntOrString, zero: 0 },
  time: {
    wireType: wireLengthDelimited,
    write: (writer, value) => writeTime(writer, value as string, false),
    read: (reader) => readTime(reader, false),
    zero: undefined,
  },
  microTime: {
    wireType: wireLengthDelimited,
    write: (writer, value) => writeTime(writer, value as string, true),
    read: (reader) => readTime(reader, true),
    zero: undefined,
  },
  duration: { wireType: wireLengthDelimited, write: (writer, value) => writeDuration(writer, value as string), read: readDuration, zero: undefined },
  any: { wireType: wireLengthDelimited, write: (writer, value) => writeRaw(writer, value), read: readRaw, zero: undefined },
};

function writeInt64(writer: Writer, value: number | bigint): void {
  if (typeof value === "number") writer.int64(value);
  else writer.int64({ low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false } as never);
}

/** A number, or a bigint beyond 2^53. */
function readInt64(reader: Reader): number | bigint {
  const value = reader.int64() as unknown as number | { toNumber(): number; toString(): string };
  if (typeof value === "number") return value;
  const approximate = value.toNumber();
  return Number.isSafeInteger(approximate) ? approximate : BigInt(value.toString());
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** A message of one text: Quantity. */
function writeText(writer: Writer, text: string): void {
  writer
    .fork()
    .uint32((1 << 3) | wireLengthDelimited)
    .string(text)
    .ldelim();
}

/** Calls `read` with each field's number until the nested message ends; `read` says whether it consumed the field. */
export function readNested(reader: Reader, read: (number: number) => boolean): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("nested message is cut short");
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag >>> 3)) reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError("nested message overruns its length");
}

function readQuantity(reader: Reader): string {
  let text = "";
  readNested(reader, (number) => {
    if (number !== 1) return false;
    text = reader.string();
    return true;
  });
  return text === "" ? "0" : canonicalQuantity(text);
}

/** type: 0 int, 1 string; Go writes all three fields. */
function writeIntOrString(writer: Writer, value: number | string): void {
  const isText = typeof value === "string";
  writer
    .fork()
    .uint32(8)
    .int32(isText ? 1 : 0);
  writer.uint32(16).int32(isText ? 0 : value);
  writer
    .uint32(26)
    .string(isText ? value : "")
    .ldelim();
}

function readIntOrString(reader: Reader): number | string {
  let type = 0;
  let int = 0;
  let text = "";
  readNested(reader, (number) => {
    if (number === 1) type = Number(readInt64(reader));
    else if (number === 2) int = reader.int32();
    else if (number === 3) text = reader.string();
    else return false;
    return true;
  });
  return type === 1 ? text : int;
}

function writeTime(writer: Writer, text: string, micro: boolean): void {
  const instant = readInstant(text);
  if (instant === undefined) throw new Error(`cannot encode time ${JSON.stringify(text)}: it is not RFC 3339`);
  writer.fork();
  if (instant.seconds !== zeroTimeSeconds || (micro && instant.nanos !== 0)) {
    writer.uint32(seconds.tag).int64(instant.seconds);
    writer.uint32(nanos.tag).int32(micro ? instant.nanos - (instant.nanos % 1000) : 0);
  }
  writer.ldelim();
}

function readTime(reader: Reader, micro: boolean): string | undefined {
  const start = reader.pos;
  let instant = { seconds: 0, nanos: 0 };
  readNested(reader, (number) => {
    if (number === 1) instant = { ...instant, seconds: Number(readInt64(reader)) };
    else if (number === 2) instant = { ...instant, nanos: reader.int32() };
    else return false;
    return true;
  });
  // An empty message takes one byte, its length.
  if (reader.pos === start + 1) return undefined;
  const text = instantText(instant, micro);
  if (readInstant(text) === undefined) throw new Error(`time of ${instant.seconds} seconds is outside the years 0000 to 9999`);
  return text;
}

function writeDuration(writer: Writer, text: string): void {
  writer.fork().uint32(8);
  writeInt64(writer, parseDuration(text));
  writer.ldelim();
}

function readDuration(reader: Reader): string {
  let value: number | bigint = 0;
  readNested(reader, (number) => {
    if (number !== 1) return false;
    value = readInt64(reader);
    return true;
  });
  return durationText(BigInt(value));
}

/** RawExtension, JSON and FieldsV1 alike: bytes of JSON in field 1. */
function writeRaw(writer: Writer, value: unknown): void {
  writer
    .fork()
    .uint32((1 << 3) | wireLengthDelimited)
    .string(stringifyGoJson(value))
    .ldelim();
}

function readRaw(reader: Reader): unknown {
  let bytes: Uint8Array = new Uint8Array();
  readNested(reader, (number) => {
    if (number !== 1) return false;
    bytes = reader.bytes();
    return true;
  });
  if (bytes.length === 0) return undefined;
  try {
    return parseJson(bytes) ?? undefined;
  } catch (error) {
    if (error instanceof JsonError) throw new Error(`raw value is no JSON: ${error.message}`, { cause: error });
    throw error;
  }
}
