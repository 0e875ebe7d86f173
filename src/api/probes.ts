/** Tables of faults: a valid object, one change at a time, and the errors it is answered with. */
import assert from "node:assert/strict";
import { copyJson } from "../machinery/json.ts";
import type { KubeObject } from "../machinery/object.ts";
import type { ObjectSubresource, ResourceDefinition } from "./resource.ts";
import { created, createErrors, type Sketch, subresourceErrors, updateErrors } from "./testing.ts";

/** Values by path, such as `spec.ports[0].name`; undefined takes the field away. */
export type Change = Readonly<Record<string, unknown>>;

/** A change and every error it leads to, in order, as the message of Invalid tells them. */
export type Probe = readonly [change: Change, ...errors: string[]];

/** A copy of `base` with the change made; parents that are missing are made. */
export function changed(base: Sketch, change: Change): Sketch {
  const copy = copyJson(base) as Record<string, unknown>;
  for (const [path, value] of Object.entries(change)) set(copy, path.split(/[.[\]]+/).filter(Boolean), value);
  return copy;
}

function set(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = "", ...rest] = path;
  if (rest.length > 0) {
    object[first] ??= /^\d+$/.test(rest[0] ?? "") ? [] : {};
    set(object[first] as Record<string, unknown>, rest, value);
  } else if (value === undefined) delete object[first];
  else object[first] = value;
}

/** Creates each change of `base`; `base` itself must be valid. */
export function probeCreates<T extends KubeObject>(definition: ResourceDefinition<T>, base: Sketch, probes: readonly Probe[]): void {
  assert.deepEqual(createErrors(definition, base), []);
  for (const [change, ...errors] of probes) assert.deepEqual(createErrors(definition, changed(base, change)), errors, JSON.stringify(change).slice(0, 300));
}

/** Updates `base`, as created, to each change of it. */
export function probeUpdates<T extends KubeObject>(definition: ResourceDefinition<T>, base: Sketch, probes: readonly Probe[]): void {
  assert.deepEqual(updateErrors(definition, base, base), []);
  for (const [change, ...errors] of probes)
    assert.deepEqual(updateErrors(definition, base, changed(base, change)), errors, JSON.stringify(change).slice(0, 300));
}

/** Writes each change through a subresource, over `base` as created and then changed by `stored`. */
export function probeSubresource<T extends KubeObject>(
  definition: ResourceDefinition<T>,
  subresource: ObjectSubresource<T> | undefined,
  base: Sketch,
  stored: Change,
  probes: readonly Probe[],
): void {
  assert.ok(subresource);
  const old = changed(created(definition, base) as unknown as Sketch, stored) as unknown as T;
  for (const [change, ...errors] of probes) {
    const write = (object: T) => Object.assign(object, changed(object as unknown as Sketch, change));
    assert.deepEqual(subresourceErrors(subresource, old, write).errors, errors, JSON.stringify(change).slice(0, 300));
  }
}
