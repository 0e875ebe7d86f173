/** Bodies as bytes: in each form that the API takes, and damaged. */
import { stringifyJson } from "../../machinery/json-codec.ts";
import { encodeProtobuf } from "../../machinery/protobuf.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import { stringifyYaml } from "../../machinery/yaml-codec.ts";
import type { Dice } from "./dice.ts";

export type Form = "json" | "yaml" | "protobuf";

export const mediaTypes: Readonly<Record<Form, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

/** What cannot be written in a form for having been mutated too much goes as JSON, under whatever name. */
export function encoded(form: Form, schema: MessageSchema, value: object): Uint8Array {
  const json = () => Buffer.from(stringifyJson(value) ?? "null");
  try {
    if (form === "protobuf") return encodeProtobuf(schema, value);
    return form === "yaml" ? Buffer.from(stringifyYaml(value)) : json();
  } catch {
    return json();
  }
}

const yamlSnippets = [
  "&a ",
  "*a",
  "!!binary ",
  "!!int ",
  "<<: *a\n",
  "? ",
  "- ",
  "---\n",
  "%YAML 1.1\n",
  "|\n",
  "\t",
  ": ",
  "{",
  "[",
  "'",
  "~",
  "0o17",
  "0x1F",
  "1e9",
  "y",
  "=",
  "@",
];
const jsonSnippets = [
  '{"',
  '"',
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  "\\u",
  "\\ud800",
  "1e999",
  "12345678901234567890",
  "-",
  "nul",
  '"a":1,',
  '"metadata":{},',
  "\u0001",
  "\ufeff",
  "\n",
];

/** Cut short, a piece doubled, a bit turned, or something put in that means something. */
export function garbled(dice: Dice, form: Form, bytes: Uint8Array): Uint8Array {
  const at = dice.below(bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (dice.below(form === "protobuf" ? 4 : 5)) {
    case 0:
      return head;
    case 1:
      return Buffer.concat([head, tail.subarray(0, 1 + dice.below(40)), tail]);
    case 2:
      return Buffer.concat([head, tail.subarray(1)]);
    case 3: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[dice.below(copy.length)] = dice.below(256);
      return copy;
    }
    default:
      return Buffer.concat([head, Buffer.from(dice.pick(form === "yaml" ? yamlSnippets : jsonSnippets)), tail]);
  }
}
