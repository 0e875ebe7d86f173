/** format.dns1123Label() and its like: checks that say what is wrong. */
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  maskTrailingDash,
  type NameRule,
  qualifiedNameErrors,
} from "../../names.ts";
import { readInstant } from "../../time.ts";
import { regexFactor, traversal } from "../costs.ts";
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { ArrayList, Opaque, Optional, textSize, type Value } from "../values.ts";
import { urlProblem } from "./url.ts";

interface NamedFormat {
  readonly name: string;
  readonly check: (text: string) => readonly string[];
  /** What a check costs as if it were a pattern of so many characters. */
  readonly regexSize: number;
}

class FormatValue extends Opaque {
  readonly typeName = "kubernetes.NamedFormat";
  readonly format: NamedFormat;
  constructor(format: NamedFormat) {
    super();
    this.format = format;
  }
  override equals(other: Opaque): boolean {
    return other instanceof FormatValue && other.format.name === this.format.name;
  }
}

function says(message: string, valid: (text: string) => boolean): (text: string) => readonly string[] {
  return (text) => (valid(text) ? [] : [message]);
}

function prefixOf(check: NameRule): NameRule {
  return (text) => check(maskTrailingDash(text));
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

function isDate(text: string): boolean {
  return /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && readInstant(`${text}T00:00:00Z`) !== undefined;
}

const formats = new Map<string, NamedFormat>([
  ["dns1123Label", { name: "DNS1123Label", check: dns1123LabelErrors, regexSize: 30 }],
  ["dns1123Subdomain", { name: "DNS1123Subdomain", check: dns1123SubdomainErrors, regexSize: 60 }],
  ["dns1035Label", { name: "DNS1035Label", check: dns1035LabelErrors, regexSize: 30 }],
  ["qualifiedName", { name: "QualifiedName", check: qualifiedNameErrors, regexSize: 60 }],
  ["dns1123LabelPrefix", { name: "DNS1123LabelPrefix", check: prefixOf(dns1123LabelErrors), regexSize: 30 }],
  ["dns1123SubdomainPrefix", { name: "DNS1123SubdomainPrefix", check: prefixOf(dns1123SubdomainErrors), regexSize: 60 }],
  ["dns1035LabelPrefix", { name: "DNS1035LabelPrefix", check: prefixOf(dns1035LabelErrors), regexSize: 30 }],
  ["labelValue", { name: "LabelValue", check: labelValueErrors, regexSize: 40 }],
  ["uri", { name: "URI", check: (text) => [urlProblem(text) ?? []].flat(), regexSize: 1103 }],
  ["uuid", { name: "uuid", check: says("does not match the UUID format", (text) => uuid.test(text)), regexSize: 72 }],
  ["byte", { name: "byte", check: says("invalid base64", (text) => base64.test(text)), regexSize: 84 }],
  ["date", { name: "date", check: says("invalid date", isDate), regexSize: 72 }],
  ["datetime", { name: "datetime", check: says("invalid datetime", (text) => readInstant(text.replace(" ", "T").toUpperCase()) !== undefined), regexSize: 72 }],
]);

function validated(format: Value, text: string): Value {
  const problems = (format as FormatValue).format.check(text);
  return new Optional(problems.length === 0 ? undefined : new ArrayList(problems));
}

const type = "kubernetes.NamedFormat";

function validateCost([format, text]: readonly Value[]): number {
  return traversal(textSize(text as string) + 1) * Math.ceil((format as FormatValue).format.regexSize * regexFactor);
}

export const namedFormats: readonly FunctionDeclaration[] = [
  ...[...formats].map(([name, format]) =>
    declare(
      `format.${name}`,
      overload(`format.${name}`, [], type, () => new FormatValue(format)),
    ),
  ),
  declare("validate", member("format-validate", [type, "string"], "optional(list(string))", validated, validateCost)),
  declare(
    "format.named",
    overload("format-named", ["string"], `optional(${type})`, (name) => {
      const format = formats.get(name);
      return new Optional(format === undefined ? undefined : new FormatValue(format));
    }),
  ),
];
