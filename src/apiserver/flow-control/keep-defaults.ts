/**
 * Keeps the default FlowSchemas and PriorityLevelConfigurations as they should be: mandatory ones always, suggested
 * ones until an administrator takes them over. Says on every FlowSchema whether its level exists.
 */
import { type FlowSchema, type FlowSchemaCondition, flowSchemas } from "../../api/flowcontrol/v1/flow-schema.ts";
import { type PriorityLevelConfiguration, priorityLevelConfigurations } from "../../api/flowcontrol/v1/priority-level-configuration.ts";
import type { ResourceDefinition } from "../../api/resource.ts";
import type { Clock } from "../../machinery/clock.ts";
import { copyJson, sameJson } from "../../machinery/json.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { KubeObject, ResourceRef } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import type { ObjectReader } from "../contract.ts";
import { autoUpdateAnnotation, defaultFlowSchemas, defaultPriorityLevels, mandatoryNames } from "./defaults.ts";

interface Specified extends KubeObject {
  readonly spec: unknown;
}

/** What to write so that `wanted` is there, and says whether it is kept so; undefined for nothing. */
export function planDefault<T extends Specified>(wanted: T, found: T | undefined): { readonly verb: "create" | "update"; readonly object: T } | undefined {
  if (found === undefined) return { verb: "create", object: copyJson(wanted) };
  const keeps = mandatoryNames.has(found.metadata.name) || mayBringUpToDate(found);
  const spec = keeps ? specFor(wanted, found) : found.spec;
  const annotated = goBoolean(found.metadata.annotations?.[autoUpdateAnnotation]) === keeps;
  if (annotated && sameJson(found.spec, spec)) return undefined;
  const annotations = { ...found.metadata.annotations, [autoUpdateAnnotation]: String(keeps) };
  return { verb: "update", object: { ...found, metadata: { ...found.metadata, annotations }, spec: copyJson(spec) } };
}

/** The exempt level lends what an administrator lets it lend. */
function specFor<T extends Specified>(wanted: T, found: T): T["spec"] {
  const own = (found.spec as { readonly exempt?: object }).exempt;
  return own === undefined || !("exempt" in (wanted.spec as object)) ? wanted.spec : { ...(wanted.spec as object), exempt: own };
}

/** As the annotation says; without one, if nobody has changed the spec. */
function mayBringUpToDate({ metadata }: KubeObject): boolean {
  return goBoolean(metadata.annotations?.[autoUpdateAnnotation]) ?? metadata.generation === 1;
}

/** Objects that earlier versions brought, and that are none of today's. */
export function planObsolete<T extends Specified>(wanted: readonly T[], found: Iterable<T>): T[] {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  return [...found].filter(({ metadata }) => !names.has(metadata.name) && goBoolean(metadata.annotations?.[autoUpdateAnnotation]) === true);
}

/** strconv.ParseBool. */
function goBoolean(text: string | undefined): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text ?? "")) return true;
  return ["0", "f", "F", "false", "FALSE", "False"].includes(text ?? "") ? false : undefined;
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
/** Changes come in bursts. */
const settleMs = 100;
const producer = "api-priority-and-fairness-config-producer-v1";
const consumer = "api-priority-and-fairness-config-consumer-v1";

export interface KeepOptions {
  readonly transport: Transport;
  /** With it, changes are answered at once, not at the next look. */
  readonly reader?: ObjectReader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Resolves when the defaults are there; goes on looking after them, once a minute and at changes, until the signal aborts. */
export async function keepFlowControlDefaults(options: KeepOptions): Promise<void> {
  const { reader, clock, logger, signal } = options;
  await ensureDefaults(options);
  let wake = new AbortController();
  for (const definition of [flowSchemas, priorityLevelConfigurations])
    reader?.subscribe(definition as ResourceDefinition<KubeObject>, () => wake.abort(), signal);
  void repeat();

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      try {
        await clock.sleep(periodMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
        if (wake.signal.aborted) await clock.sleep(settleMs, signal);
        wake = new AbortController();
        if (!signal.aborted) await ensureDefaults(options);
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
  const by = { fieldManager: producer };
  await Promise.all([
    ...writes.map(({ verb, object }) => {
      const { name } = object.metadata;
      return verb === "create"
        ? quietly(transport.create<T>({ resource }, object, by, signal))
        : quietly(transport.update<T>({ resource, name }, object, by, signal));
    }),
    ...planObsolete(defaults, items).map(({ metadata: { name, uid } }) => quietly(transport.delete({ resource, name }, { preconditions: { uid } }, signal))),
  ]);
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
      return quietly(
        transport.patch<FlowSchema>({ resource: flowSchemas, name, subresource: "status" }, patch, { type: "strategic", fieldManager: consumer }, signal),
      );
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
