/**
 * Kubernetes' protobuf (application/vnd.kubernetes.protobuf): four magic bytes and a runtime.Unknown envelope that names
 * the kind, around the message of the object. Watches send length-prefixed WatchEvents of such envelopes.
 */
import protobuf from "protobufjs/minimal.js";
import { DecodeError } from "./decode-error.ts";
import { listMeta } from "./meta.ts";
import { decodeMessage, encodeMessage, type MessageLimits, MessageTooLargeError, writeMessage } from "./protobuf/messages.ts";
import { readNested, wireLengthDelimited } from "./protobuf/scalars.ts";
import type { MessageSchema } from "./schema.ts";

export { type MessageLimits, MessageTooLargeError } from "./protobuf/messages.ts";

export const protobufMediaType = "application/vnd.kubernetes.protobuf";

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const field = (number: number) => (number << 3) | wireLengthDelimited;

/** What the envelope says of an object, before its schema is known. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's message. */
  readonly raw: Uint8Array;
  readonly contentEncoding: string;
  /** Empty for protobuf; `application/json` when the raw bytes are JSON. */
  readonly contentType: string;
}

export function isProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Opens an envelope. Throws DecodeError with the API server's words. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new DecodeError("empty data");
  if (!isProtobuf(bytes)) throw new DecodeError(`provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]`);
  if (bytes.length === magic.length) throw new DecodeError("empty body");
  return readable(() => {
    const reader = protobuf.Reader.create(bytes.subarray(magic.length));
    const envelope = { apiVersion: "", kind: "", raw: new Uint8Array() as Uint8Array, contentEncoding: "", contentType: "" };
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === field(1)) readTypeMeta(reader, envelope);
      else if (tag === field(2)) envelope.raw = reader.bytes();
      else if (tag === field(3)) envelope.contentEncoding = reader.string();
      else if (tag === field(4)) envelope.contentType = reader.string();
      else reader.skipType(tag & 7);
    }
    return envelope;
  });
}

function readTypeMeta(reader: protobuf.Reader, envelope: { apiVersion: string; kind: string }): void {
  readNested(reader, (number) => {
    if (number === 1) envelope.apiVersion = reader.string();
    else if (number === 2) envelope.kind = reader.string();
    else return false;
    return true;
  });
}

/**
 * The object of an opened envelope, with apiVersion and kind, in the form `decodeObject` gives for JSON: zero values
 * that Go would leave out of JSON are absent. Throws DecodeError, and MessageTooLargeError beyond the limits.
 */
export function decodeProtobuf<T>(schema: MessageSchema, envelope: Envelope, limits?: MessageLimits): T {
  const { apiVersion, kind } = envelope;
  const types = { ...(apiVersion === "" ? {} : { apiVersion }), ...(kind === "" ? {} : { kind }) };
  return { ...types, ...readable(() => decodeMessage(schema, envelope.raw, limits)) } as T;
}

/** What protobufjs says otherwise than Go's decoders. */
const goWords: Readonly<Record<string, string>> = { "invalid varint encoding": "proto: integer overflow" };

/** Broken bytes are the sender's fault, whatever the reader stumbled over. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MessageTooLargeError) throw error;
    if (error instanceof RangeError) throw new DecodeError("unexpected EOF", { cause: error });
    if (error instanceof Error) throw new DecodeError(goWords[error.message] ?? error.message, { cause: error });
    throw error;
  }
}

/** The object in its envelope. apiVersion and kind are the object's own. */
export function encodeProtobuf(schema: MessageSchema, object: object): Uint8Array {
  const { apiVersion = "", kind = "" } = object as { apiVersion?: string; kind?: string };
  return encodeEnvelope(apiVersion, kind, encodeMessage(schema, object));
}

export function encodeEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  return concatenated([magic, envelopeHead(apiVersion, kind, raw.length), raw, envelopeTail()]);
}

function envelopeHead(apiVersion: string, kind: string, length: number): Uint8Array {
  const head = protobuf.Writer.create();
  head.uint32(field(1)).fork();
  head.uint32(field(1)).string(apiVersion);
  head.uint32(field(2)).string(kind);
  head.ldelim();
  head.uint32(field(2)).uint32(length);
  return head.finish();
}

/** Go writes the two empty texts as well; some readers compare bytes. */
function envelopeTail(): Uint8Array {
  return protobuf.Writer.create().uint32(field(3)).string("").uint32(field(4)).string("").finish();
}

/** The message of an object without envelope: an item of a list, which can be joined without encoding it again. */
export function encodeListItem(schema: MessageSchema, object: object): Uint8Array {
  return encodeMessage(schema, object);
}

/** A list of already encoded items: `metadata` is field 1 and `items` field 2 of every list kind. */
export function encodeList(apiVersion: string, kind: string, metadata: object, items: Iterable<Uint8Array>): Uint8Array {
  return concatenated(encodeListAround(apiVersion, kind, metadata, joinListItems(items)));
}

/** Encoded items as they stand in a list of whatever metadata, one after the other. */
export function joinListItems(items: Iterable<Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const item of items) parts.push(protobuf.Writer.create().uint32(field(2)).uint32(item.length).finish(), item);
  return concatenated(parts);
}

/** The list in three pieces: what comes before the joined items, these themselves, and what comes after. */
export function encodeListAround(apiVersion: string, kind: string, metadata: object, joined: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const writer = protobuf.Writer.create();
  writer.uint32(field(1)).fork();
  writeMessage(writer, listMeta, metadata);
  writer.ldelim();
  const meta = writer.finish();
  return [concatenated([magic, envelopeHead(apiVersion, kind, meta.length + joined.length), meta]), joined, envelopeTail()];
}

/** A watch event with its length prefix (4 bytes, big endian), ready for the stream. `object` is an envelope. */
export function encodeWatchFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(field(1)).string(type);
  writer.uint32(field(2)).fork().uint32(field(1)).bytes(object).ldelim();
  const event = writer.finish();
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, event.length);
  return concatenated([length, event]);
}

/** The opposite of `encodeWatchFrame`, without the length prefix. */
export function decodeWatchEvent(bytes: Uint8Array): { type: string; object: Uint8Array } {
  return readable(() => {
    const reader = protobuf.Reader.create(bytes);
    const event = { type: "", object: new Uint8Array() as Uint8Array };
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === field(1)) event.type = reader.string();
      else if (tag === field(2)) {
        readNested(reader, (number) => {
          if (number !== 1) return false;
          event.object = reader.bytes();
          return true;
        });
      } else reader.skipType(tag & 7);
    }
    return event;
  });
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
