/**
 * Keeps the default FlowSchemas and PriorityLevelConfigurations as they should be: mandatory ones always, suggested
 * ones until an administrator takes them over. Says on every FlowSchema whether its level exists.
 */
import { type FlowSchema, type FlowSchemaCondition, flowSchemas } from "../../api/flowcontrol/v1/flow-schema.ts";
import { type PriorityLevelConfiguration, priorityLevelConfigurations } from "../../api/flowcontrol/v1/priority-level-configuration.ts";
import type { Clock } from "../../machinery/clock.ts";
import { copyJson, sameJson } from "../../machinery/json.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { KubeObject, ResourceRef } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import { autoUpdateAnnotation, defaultFlowSchemas, defaultPriorityLevels, mandatoryNames } from "./defaults.ts";

interface Specified extends KubeObject {
  readonly spec: unknown;
}

/** What to write so that `wanted` is there; undefined for nothing. */
export function planDefault<T extends Specified>(wanted: T, found: T | undefined): { readonly verb: "create" | "update"; readonly object: T } | undefined {
  if (found === undefined) return { verb: "create", object: copyJson(wanted) };
  if (!isOurs(found) || sameJson(found.spec, wanted.spec)) return undefined;
  return { verb: "update", object: { ...found, spec: copyJson(wanted.spec) } };
}

function isOurs({ metadata }: KubeObject): boolean {
  if (mandatoryNames.has(metadata.name)) return true;
  const annotation = metadata.annotations?.[autoUpdateAnnotation];
  return annotation === undefined ? metadata.generation === 1 : annotation === "true";
}

/** The Dangling condition that a FlowSchema should have; undefined when it has it. */
export function planDangling(schema: FlowSchema, levels: ReadonlySet<string>, now: string): FlowSchemaCondition | undefined {
  const level = schema.spec.priorityLevelConfiguration.name;
  const found = levels.has(level);
  const message = found
    ? `This FlowSchema references the PriorityLevelConfiguration object named "${level}" and it exists`
    : `This FlowSchema references the PriorityLevelConfiguration object named "${level}" but there is no such object`;
  const status = found ? "False" : "True";
  const before = schema.status?.conditions?.find(({ type }) => type === "Dangling");
  if (before?.status === status && before.message === message) return undefined;
  return { type: "Dangling", status, reason: found ? "Found" : "NotFound", message, lastTransitionTime: now };
}

const periodMs = 60_000;

export interface KeepOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Resolves when the defaults are there; goes on looking after them once a minute until the signal aborts. */
export async function keepFlowControlDefaults(options: KeepOptions): Promise<void> {
  const { clock, logger, signal } = options;
  await ensureDefaults(options);
  void repeat();

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      try {
        await clock.sleep(periodMs, signal);
        await ensureDefaults(options);
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, "cannot keep the default flow schemas and priority levels; trying again");
      }
    }
  }
}

async function ensureDefaults(options: KeepOptions): Promise<void> {
  await ensureAll<PriorityLevelConfiguration>(options, priorityLevelConfigurations, defaultPriorityLevels);
  await ensureAll<FlowSchema>(options, flowSchemas, defaultFlowSchemas);
  await tellDangling(options);
}

async function ensureAll<T extends Specified>({ transport, signal }: KeepOptions, resource: ResourceRef<T>, defaults: readonly T[]): Promise<void> {
  const { items } = await transport.list<T>({ resource }, {}, signal);
  const found = new Map(items.map((object) => [object.metadata.name, object]));
  const writes = defaults.flatMap((wanted) => planDefault(wanted, found.get(wanted.metadata.name)) ?? []);
  await Promise.all(
    writes.map(({ verb, object }) => {
      const { name } = object.metadata;
      return verb === "create"
        ? quietly(transport.create<T>({ resource }, object, {}, signal))
        : quietly(transport.update<T>({ resource, name }, object, {}, signal));
    }),
  );
}

async function tellDangling({ transport, clock, signal }: KeepOptions): Promise<void> {
  const [schemas, levels] = await Promise.all([
    transport.list<FlowSchema>({ resource: flowSchemas }, {}, signal),
    transport.list<PriorityLevelConfiguration>({ resource: priorityLevelConfigurations }, {}, signal),
  ]);
  const names = new Set(levels.items.map(({ metadata }) => metadata.name));
  const now = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  await Promise.all(
    schemas.items.map((schema) => {
      const condition = planDangling(schema, names, now);
      if (condition === undefined) return undefined;
      const { name } = schema.metadata;
      const patch = { status: { conditions: [condition] } };
      return quietly(transport.patch<FlowSchema>({ resource: flowSchemas, name, subresource: "status" }, patch, { type: "strategic" }, signal));
    }),
  );
}

/** Another server may be doing the same. */
async function quietly(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof StatusError && (error.code === 409 || error.code === 404))) throw error;
  }
}
