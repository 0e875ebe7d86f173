import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps } from "../../api/core/v1/config-map.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { ObjectMeta } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { type DeletionOptions, planDeletion } from "./deletion.ts";
import { timestamp } from "./requests.ts";

/** As the decoder gives it. */
const int64 = (value: bigint) => value as unknown as number;

const now = Date.UTC(2026, 0, 1);
const context = { now, user: { name: "u", groups: [] } };

/** Thirty seconds unless asked otherwise. */
const graceful: AnyResourceDefinition = { ...configMaps, strategy: { gracePeriodSeconds: (_object, requested) => requested ?? 30 } };
const legacy: AnyResourceDefinition = { ...configMaps, strategy: { defaultPropagation: "Orphan" } };
const held: AnyResourceDefinition = { ...configMaps, strategy: { finalizing: () => true } };
const released: AnyResourceDefinition = { ...configMaps, strategy: { finalizing: () => false } };
const uncollected: AnyResourceDefinition = { ...configMaps, strategy: { defaultPropagation: "Unsupported" } };

const marked = (seconds: number, dueMs: number) => ({ deletionTimestamp: timestamp(dueMs), deletionGracePeriodSeconds: seconds });

/** `becomes`: an undefined member must be absent. */
interface Case {
  readonly name: string;
  readonly definition?: AnyResourceDefinition;
  readonly metadata?: Partial<ObjectMeta>;
  readonly options?: DeletionOptions;
  readonly type: "remove" | "keep" | "mark";
  readonly thenRemove?: boolean;
  readonly becomes?: { readonly [key in keyof ObjectMeta]?: ObjectMeta[key] | undefined };
}

const cases: readonly Case[] = [
  { name: "nothing holds it: it goes", type: "remove" },
  { name: "a finalizer holds it", metadata: { finalizers: ["e.x/f"] }, type: "mark", thenRemove: false, becomes: { ...marked(0, now), finalizers: ["e.x/f"] } },
  { name: "marked and held: nothing to do", metadata: { finalizers: ["e.x/f"], ...marked(0, now) }, type: "keep" },
  { name: "marking counts as a generation", metadata: { finalizers: ["e.x/f"], generation: 4 }, type: "mark", becomes: { generation: 5 } },
  {
    name: "marking counts as a generation where that is more than a double holds",
    metadata: { finalizers: ["e.x/f"], generation: int64(9_223_372_036_854_775_806n) },
    type: "mark",
    becomes: { generation: int64(9_223_372_036_854_775_807n) },
  },
  { name: "foreground adds its finalizer", options: { propagationPolicy: "Foreground" }, type: "mark", becomes: { finalizers: ["foregroundDeletion"] } },
  { name: "orphan adds its finalizer", options: { propagationPolicy: "Orphan" }, type: "mark", becomes: { finalizers: ["orphan"] } },
  { name: "orphanDependents is the older form of orphan", options: { orphanDependents: true }, type: "mark", becomes: { finalizers: ["orphan"] } },
  { name: "background takes either away", metadata: { finalizers: ["orphan"] }, options: { propagationPolicy: "Background" }, type: "remove" },
  {
    name: "foreground replaces orphan",
    metadata: { finalizers: ["orphan", "e.x/f"] },
    options: { propagationPolicy: "Foreground" },
    type: "mark",
    becomes: { finalizers: ["e.x/f", "foregroundDeletion"] },
  },
  {
    name: "without a policy the finalizer there is decides",
    metadata: { finalizers: ["foregroundDeletion"] },
    type: "mark",
    becomes: { finalizers: ["foregroundDeletion"] },
  },
  { name: "legacy kinds orphan by default", definition: legacy, type: "mark", becomes: { finalizers: ["orphan"] } },
  {
    name: "a policy that comes later changes the finalizers",
    metadata: { finalizers: ["e.x/f"], ...marked(0, now) },
    options: { propagationPolicy: "Foreground" },
    type: "mark",
    becomes: { finalizers: ["e.x/f", "foregroundDeletion"] },
  },
  {
    name: "grace marks it for later",
    definition: graceful,
    metadata: { generation: 1 },
    type: "mark",
    thenRemove: false,
    becomes: { ...marked(30, now + 30_000), generation: 2 },
  },
  { name: "a grace asked for", definition: graceful, options: { gracePeriodSeconds: 5 }, type: "mark", thenRemove: false, becomes: marked(5, now + 5_000) },
  { name: "a grace of 0 removes at once", definition: graceful, options: { gracePeriodSeconds: 0 }, type: "mark", thenRemove: true },
  {
    name: "a grace of 0 still waits for finalizers",
    definition: graceful,
    metadata: { finalizers: ["e.x/f"] },
    options: { gracePeriodSeconds: 0 },
    type: "mark",
    thenRemove: false,
    becomes: marked(0, now),
  },
  { name: "pending: the same again changes nothing", definition: graceful, metadata: marked(30, now + 20_000), type: "keep" },
  {
    name: "pending: a longer grace changes nothing",
    definition: graceful,
    metadata: marked(30, now + 20_000),
    options: { gracePeriodSeconds: 60 },
    type: "keep",
  },
  {
    name: "pending: a shorter grace brings the end nearer, without a new generation",
    definition: graceful,
    metadata: { ...marked(30, now + 20_000), generation: 2 },
    options: { gracePeriodSeconds: 10 },
    type: "mark",
    thenRemove: false,
    becomes: { ...marked(10, now), generation: 2 },
  },
  {
    name: "pending: the kubelet's grace of 0 removes it",
    definition: graceful,
    metadata: marked(30, now + 20_000),
    options: { gracePeriodSeconds: 0 },
    type: "mark",
    thenRemove: true,
  },
  {
    name: "pending: a grace that is over already is a second, so that the kubelet still ends it",
    definition: graceful,
    metadata: marked(30, now - 20_000),
    options: { gracePeriodSeconds: 10 },
    type: "mark",
    thenRemove: false,
    becomes: marked(1, now),
  },
  {
    name: "pending: at once, and never in the past",
    definition: graceful,
    metadata: marked(30, now - 20_000),
    options: { gracePeriodSeconds: 0 },
    type: "mark",
    thenRemove: true,
    becomes: marked(0, now),
  },
  {
    name: "a grace below zero is a second",
    definition: graceful,
    options: { gracePeriodSeconds: -7 },
    type: "mark",
    thenRemove: false,
    becomes: marked(1, now + 1_000),
  },
  { name: "one whose grace was 0 goes: somebody's removal stopped half-way", definition: graceful, metadata: marked(0, now - 5_000), type: "remove" },
  { name: "the same, asked for with a grace", definition: graceful, metadata: marked(0, now - 5_000), options: { gracePeriodSeconds: 0 }, type: "remove" },
  {
    name: "without grace left only its finalizers can still change",
    definition: graceful,
    metadata: { finalizers: ["e.x/f"], ...marked(0, now) },
    options: { propagationPolicy: "Foreground", gracePeriodSeconds: 0 },
    type: "mark",
    thenRemove: false,
    becomes: { ...marked(0, now), finalizers: ["e.x/f", "foregroundDeletion"] },
  },
  {
    name: "within its grace its finalizers cannot",
    definition: graceful,
    metadata: marked(30, now),
    options: { propagationPolicy: "Foreground" },
    type: "keep",
  },
  {
    name: "legacy kinds orphan by default whatever else holds them",
    definition: legacy,
    metadata: { finalizers: ["e.x/f"] },
    type: "mark",
    becomes: { finalizers: ["e.x/f", "orphan"] },
  },
  {
    name: "legacy kinds: the finalizer there goes before the default",
    definition: legacy,
    metadata: { finalizers: ["foregroundDeletion"] },
    type: "mark",
    becomes: { finalizers: ["foregroundDeletion"] },
  },
  { name: "events have no dependents to wait for", definition: uncollected, options: { propagationPolicy: "Foreground" }, type: "remove" },
  {
    name: "a kind may hold itself (namespaces): it is marked, without a grace",
    definition: held,
    options: { propagationPolicy: "Foreground" },
    type: "mark",
    thenRemove: false,
    becomes: { deletionTimestamp: timestamp(now), deletionGracePeriodSeconds: undefined, finalizers: ["foregroundDeletion"] },
  },
  {
    name: "what holds itself, and is marked, waits",
    definition: held,
    metadata: { deletionTimestamp: timestamp(now) },
    options: { propagationPolicy: "Orphan" },
    type: "keep",
  },
  {
    name: "what holds itself no more is only marked at first",
    definition: released,
    type: "mark",
    thenRemove: false,
    becomes: { deletionTimestamp: timestamp(now) },
  },
  { name: "and goes when asked again", definition: released, metadata: { deletionTimestamp: timestamp(now) }, type: "remove" },
  {
    name: "or waits for its finalizers, now with a grace of 0",
    definition: released,
    metadata: { deletionTimestamp: timestamp(now), finalizers: ["e.x/f"] },
    type: "mark",
    thenRemove: false,
    becomes: { ...marked(0, now), finalizers: ["e.x/f"] },
  },
];

for (const { name, definition = configMaps, metadata = {}, options = {}, type, thenRemove, becomes } of cases) {
  test(name, () => {
    const old: KubeObject = Object.freeze({ apiVersion: "v1", kind: "ConfigMap", metadata: Object.freeze({ name: "a", uid: "u", ...metadata }) });
    const step = planDeletion(definition, old, options, context);
    assert.equal(step.type, type);
    if (step.type !== "mark") return;
    if (thenRemove !== undefined) assert.equal(step.thenRemove, thenRemove);
    for (const [key, value] of Object.entries(becomes ?? {})) assert.deepEqual(step.object.metadata[key as keyof ObjectMeta], value, key);
  });
}
