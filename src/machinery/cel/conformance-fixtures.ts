/** What the tables of expressions are about: variables of many types and their values. */
import { Environment } from "./environment.ts";
import { doubleText, durationSeconds, timestampText } from "./library/conversions.ts";
import { anyType, declareObject, dynType, intType, parseType, stringType } from "./types.ts";
import { CelList, CelMap, Duration, type Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from "./values.ts";

const typed = declareObject("test.Obj", {
  name: stringType,
  count: intType,
  tags: parseType("list(string)"),
  labels: parseType("map(string, string)"),
  any: dynType,
});

export const testEnvironment = new Environment({
  variables: {
    object: dynType,
    oldObject: dynType,
    typed,
    claims: { kind: "map", params: [stringType, anyType] },
    s: stringType,
    i: intType,
    l: parseType("list(int)"),
    ls: parseType("list(string)"),
    m: parseType("map(string, int)"),
    authorizer: parseType("kubernetes.authorization.Authorizer"),
    "authorizer.requestResource": parseType("kubernetes.authorization.ResourceCheck"),
  },
});

const containers = [
  { name: "a", image: "nginx:1" },
  { name: "b", image: "busybox", ports: [80, 443] },
];

export const activation = {
  object: {
    metadata: { name: "web", labels: { app: "web", tier: "front" } },
    spec: { replicas: 3, ratio: 0.5, containers, flag: true, nothing: null },
  },
  oldObject: { spec: { replicas: 2 } },
  claims: { email: "jane@example.com", groups: ["a", "b"], n: 5, verified: true },
  s: "hello wörld",
  i: 7,
  l: [3, 1, 2],
  ls: ["b", "a", "c"],
  m: { a: 1, b: 2 },
};

/** Values as tables write them: with their types where JSON would not tell them apart. */
export function shown(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return `double ${doubleText(value)}`;
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `bytes ${[...value]}`;
  if (value instanceof Timestamp) return `timestamp ${timestampText(value)}`;
  if (value instanceof Duration) return `duration ${durationSeconds(value)}`;
  if (value instanceof CelList) return `[${[...value].map(shown).join(", ")}]`;
  if (value instanceof CelMap) return `{${[...value.keys()].map((key) => `${shown(key)}: ${shown(value.get(key)!)}`).join(", ")}}`;
  if (value instanceof Optional) return value.value === undefined ? "none" : `optional ${shown(value.value)}`;
  return value instanceof TypeValue ? `type ${value.name}` : (value satisfies Opaque).typeName;
}
