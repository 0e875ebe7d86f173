/** Semantic versions (semver.org 2.0.0), as github.com/blang/semver reads them. */
import { traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { fail, Opaque, type Value } from "../values.ts";

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: readonly string[];
  readonly build: string;
}

export class SemverValue extends Opaque {
  readonly typeName = "kubernetes.Semver";
  readonly version: Version;
  constructor(version: Version) {
    super();
    this.version = version;
  }
  override equals(other: Opaque): boolean {
    return other instanceof SemverValue && compareVersions(this.version, other.version) === 0;
  }
}

const type = "kubernetes.Semver";
const identifier = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const shape = new RegExp(
  `^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?$`,
);
const uint64Max = 2n ** 64n - 1n;

export function parseSemver(text: string): Version | undefined {
  const match = text.length > 1000 ? null : shape.exec(text);
  if (match === null) return undefined;
  const numbers = [BigInt(match[1]!), BigInt(match[2]!), BigInt(match[3]!)] as const;
  if (numbers.some((number) => number > uint64Max)) return undefined;
  return { numbers, preRelease: match[4]?.split(".") ?? [], build: match[5] ?? "" };
}

/** A leading v, missing parts and leading zeros are forgiven. */
function normalized(text: string): string {
  const [, version = "", rest = ""] = /^[vV]?([^-+]*)(.*)$/s.exec(text)!;
  const parts = version.split(".").map((part) => part.replace(/^0+(?=[0-9])/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function versionOf(text: string): SemverValue {
  const version = parseSemver(text);
  return version === undefined ? fail(problemOf(text)) : new SemverValue(version);
}

function problemOf(text: string): string {
  if (text === "") return "Version string empty";
  const parts = text.split(".");
  if (parts.length < 3) return "No Major.Minor.Patch elements found";
  const wrong = [parts[0]!, parts[1]!].find((part) => !/^[0-9]+$/.test(part));
  if (wrong !== undefined) return `Invalid character(s) found in ${wrong === parts[0] ? "major" : "minor"} number ${JSON.stringify(wrong)}`;
  const zero = parts.slice(0, 3).findIndex((part) => /^0[0-9]/.test(part));
  if (zero >= 0) return `${["Major", "Minor", "Patch"][zero]} number must not contain leading zeroes ${JSON.stringify(parts[zero])}`;
  return `Invalid character(s) found in version ${JSON.stringify(text)}`;
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) if (number !== b.numbers[index]) return number < b.numbers[index]! ? -1 : 1;
  if (a.preRelease.length === 0 || b.preRelease.length === 0) return Math.sign(b.preRelease.length - a.preRelease.length);
  for (let index = 0; index < Math.min(a.preRelease.length, b.preRelease.length); index++) {
    const order = compareIdentifiers(a.preRelease[index]!, b.preRelease[index]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.preRelease.length - b.preRelease.length);
}

/** Numbers come before texts. */
function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The signatures have seen to it. */
function of(value: Value): Version {
  return (value as SemverValue).version;
}

const parseCost = ([text]: readonly Value[]) => traversalOf(text!);
const one = () => 1;
const comparisons = [
  declare(
    "isGreaterThan",
    member("semver_is_greater_than", [type, type], "bool", (a, b) => compareVersions(of(a), of(b)) > 0, one),
  ),
  declare(
    "isLessThan",
    member("semver_is_less_than", [type, type], "bool", (a, b) => compareVersions(of(a), of(b)) < 0, one),
  ),
  declare(
    "compareTo",
    member("semver_compare_to", [type, type], "int", (a, b) => BigInt(compareVersions(of(a), of(b))), one),
  ),
];

export const semvers: readonly FunctionDeclaration[] = [
  declare(
    "semver",
    overload("string_to_semver", ["string"], type, versionOf, parseCost),
    overload("string_bool_to_semver", ["string", "bool"], type, (text, normalize) => versionOf(normalize ? normalized(text) : text), parseCost),
  ),
  declare(
    "isSemver",
    overload("is_semver_string", ["string"], "bool", (text) => parseSemver(text) !== undefined, parseCost),
    overload(
      "is_semver_string_bool",
      ["string", "bool"],
      "bool",
      (text, normalize) => parseSemver(normalize ? normalized(text) : text) !== undefined,
      parseCost,
    ),
  ),
  ...comparisons,
  declare(
    "major",
    member("semver_major", [type], "int", (value) => of(value).numbers[0], one),
  ),
  declare(
    "minor",
    member("semver_minor", [type], "int", (value) => of(value).numbers[1], one),
  ),
  declare(
    "patch",
    member("semver_patch", [type], "int", (value) => of(value).numbers[2], one),
  ),
];
