/**
 * Client-side apply leaves its configuration in an annotation. When kubectl (field manager `kubectl`) moves on to
 * server-side apply, what it applied that way is its own, and the annotation is kept up to date for the way back.
 */
import { isList, isObject, type JsonObject } from "../patches/json-value.ts";
import type { Atom } from "./atoms.ts";
import { compareObjects } from "./compare.ts";
import { difference, type FieldSet } from "./field-set.ts";
import { toFieldSet } from "./to-field-set.ts";
import { typingErrors } from "./validate.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";

export function isKubectl(manager: string): boolean {
  return manager === "kubectl";
}

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  return isObject(annotations) ? annotations : {};
}

/** What client-side apply set and nobody changed since; undefined when there is no usable annotation. */
export function lastAppliedFields(atom: Atom, live: JsonObject, apiVersion: string): FieldSet | undefined {
  const text = annotationsOf(live)[annotation];
  const applied = typeof text === "string" ? parsed(text) : undefined;
  if (!isObject(applied) || applied["apiVersion"] !== apiVersion || typingErrors(atom, applied).length > 0) return undefined;
  const { changed, removed } = compareObjects(atom, applied, live);
  return difference(difference(toFieldSet(atom, applied), changed), removed);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a broken annotation excuses nothing
  }
}

/** The object with its annotation, if it has one, telling what has just been applied. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  const text = annotations[annotation];
  if (text === undefined || text === "") return object;
  const metadata = object["metadata"] as JsonObject;
  const configuration = `${sortedJson(withoutAnnotation(applied))}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [annotation]: configuration } } };
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const annotations = annotationsOf(applied);
  if (annotations[annotation] === undefined) return applied;
  const { [annotation]: _self, ...rest } = annotations;
  return { ...applied, metadata: { ...(applied["metadata"] as JsonObject), annotations: rest } };
}

/** JSON with sorted keys, as Go writes maps. */
function sortedJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (isList(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.keys(value).sort();
  return `{${entries.map((key) => `${JSON.stringify(key)}:${sortedJson(value[key])}`).join(",")}}`;
}
