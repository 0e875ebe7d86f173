/**
 * How parts of an OpenAPI document are written as gnostic's protobuf messages, which client-go reads. A form writes one
 * JSON value; a message form is a table of them by JSON key, so that the two document versions are tables and no code.
 */
import protobuf from "protobufjs/minimal.js";
import { stringifyJson } from "../../json-codec.ts";

type Writer = protobuf.Writer;
type Json = Readonly<Record<string, unknown>>;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;

/** Writes a field, tag included, for a value that is there. */
export type FieldForm = (writer: Writer, value: unknown) => void;

/** Writes the content of a message, without tag and length. */
export type MessageForm = (writer: Writer, value: unknown) => void;

export const text =
  (number: number): FieldForm =>
  (writer, value) =>
    writer.uint32((number << 3) | lengthDelimited).string(value as string);

export const texts =
  (number: number): FieldForm =>
  (writer, value) => {
    for (const item of value as readonly string[]) text(number)(writer, item);
  };

export const flag =
  (number: number): FieldForm =>
  (writer, value) =>
    writer.uint32((number << 3) | varint).bool(value as boolean);

export const integer =
  (number: number): FieldForm =>
  (writer, value) =>
    writer.uint32((number << 3) | varint).int64(value as number);

export const decimal =
  (number: number): FieldForm =>
  (writer, value) =>
    writer.uint32((number << 3) | fixed64).double(value as number);

export function nested(number: number, form: () => MessageForm): FieldForm {
  return (writer, value) => {
    writer.uint32((number << 3) | lengthDelimited).fork();
    form()(writer, value);
    writer.ldelim();
  };
}

export function repeated(number: number, form: () => MessageForm): FieldForm {
  const one = nested(number, form);
  return (writer, value) => {
    for (const item of value as readonly unknown[]) one(writer, item);
  };
}

/** A JSON object as pairs of name and value, in the order it has. */
export function named(number: number, form: () => MessageForm): FieldForm {
  return (writer, value) => {
    for (const [name, item] of Object.entries(value as Json)) pair(number, form)(writer, [name, item]);
  };
}

function pair(number: number, form: () => MessageForm): FieldForm {
  return nested(number, () => (writer, entry) => {
    const [name, value] = entry as [string, unknown];
    text(1)(writer, name);
    nested(2, form)(writer, value);
  });
}

/** A message that holds nothing but such pairs. */
export function mapping(number: number, form: () => MessageForm): FieldForm {
  return nested(number, () => named(1, form));
}

/** A value of any form travels as YAML, of which JSON is a part. */
export const anyValue: MessageForm = (writer, value) => text(2)(writer, `${stringifyJson(value)}\n`);

export interface MessageOptions {
  /** Field number of the list of `x-` extensions. */
  readonly extensions?: number;
  /** Takes the keys that `fields` does not have, as pairs: paths, response codes. */
  readonly others?: FieldForm;
  /** Known keys that have no place in the message. */
  readonly omitted?: readonly string[];
}

/** Throws for a key that the message has no field for: nothing of a document is lost silently. */
export function messageForm(fields: Readonly<Record<string, FieldForm>>, { extensions, others, omitted = [] }: MessageOptions = {}): MessageForm {
  return (writer, value) => {
    for (const [key, item] of Object.entries(value as Json)) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (item === undefined || omitted.includes(key)) continue;
      if (field !== undefined) field(writer, item);
      else if (key.startsWith("x-") && extensions !== undefined) pair(extensions, () => anyValue)(writer, [key, item]);
      else if (others !== undefined) others(writer, { [key]: item });
      else throw new Error(`cannot write OpenAPI as protobuf: there is no field for ${JSON.stringify(key)}`);
    }
  };
}

/** A `oneof`: `choose` gives the field for a value. */
export function choice(choose: (value: Json) => FieldForm): MessageForm {
  return (writer, value) => choose(value as Json)(writer, value);
}

export function encode(form: MessageForm, document: object): Uint8Array {
  const writer = protobuf.Writer.create();
  form(writer, document);
  return writer.finish();
}
