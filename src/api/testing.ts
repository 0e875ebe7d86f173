/** What tests of kinds share: objects as the registry hands them to strategies, and errors as lines of text. */
import { applyStaticDefaults } from "../machinery/defaults.ts";
import { copyJson } from "../machinery/json.ts";
import type { KubeObject } from "../machinery/object.ts";
import { schemaErrors } from "../machinery/schema-validate.ts";
import { type FieldError, fieldErrorText } from "../machinery/status.ts";
import type { ObjectSubresource, ResourceDefinition, StrategyContext } from "./resource.ts";

export const testContext: StrategyContext = { now: Date.UTC(2026, 0, 2, 3, 4, 5), user: { name: "jane", groups: ["system:authenticated"] } };

/** Objects in tables leave out what does not matter. */
export type Sketch = Readonly<Record<string, unknown>>;

function sketched<T extends KubeObject>(definition: ResourceDefinition<T>, sketch: Sketch): T {
  const metadata = { name: "x", ...(definition.namespaced ? { namespace: "default" } : {}), uid: "u-1", ...(sketch["metadata"] as object | undefined) };
  const apiVersion = definition.group === "" ? definition.version : `${definition.group}/${definition.version}`;
  return copyJson({ apiVersion, kind: definition.kind, ...sketch, metadata }) as unknown as T;
}

/** Defaulted as on every decode. */
export function defaulted<T extends KubeObject>(definition: ResourceDefinition<T>, sketch: Sketch): T {
  const object = sketched(definition, sketch);
  applyStaticDefaults(definition.schema, object);
  definition.strategy.defaults?.(object);
  return object;
}

/** As it would be stored by a create, validity aside. */
export function created<T extends KubeObject>(definition: ResourceDefinition<T>, sketch: Sketch): T {
  const object = defaulted(definition, sketch);
  definition.strategy.prepareForCreate?.(object, testContext);
  return object;
}

/** The errors of a create, as in the message of Invalid. */
export function createErrors<T extends KubeObject>(definition: ResourceDefinition<T>, sketch: Sketch): string[] {
  const object = created(definition, sketch);
  const { strategy, schema } = definition;
  const errors = [
    ...schemaErrors(schema, object),
    ...(strategy.validate?.(object, testContext) ?? []),
    ...(strategy.validateCreate?.(object, testContext) ?? []),
  ];
  return texts(errors);
}

/** The errors of an update of what `before` created to `after`. */
export function updateErrors<T extends KubeObject>(definition: ResourceDefinition<T>, before: Sketch, after: Sketch): string[] {
  const { strategy, schema } = definition;
  const old = created(definition, before);
  const object = defaulted(definition, after);
  strategy.prepareForUpdate?.(object, old, testContext);
  const errors = [
    ...schemaErrors(schema, object, old),
    ...(strategy.validate?.(object, testContext, old) ?? []),
    ...(strategy.validateUpdate?.(object, old, testContext) ?? []),
  ];
  return texts(errors);
}

/** The same through a subresource; `old` is a whole object, status included. */
export function subresourceErrors<T extends KubeObject>(
  subresource: ObjectSubresource<T>,
  old: T,
  change: (object: T) => void,
): { errors: string[]; object: T } {
  const object = copyJson(old);
  change(object);
  subresource.prepareForUpdate(object, old, testContext);
  return { errors: texts(subresource.validateUpdate?.(object, old, testContext) ?? []), object };
}

function texts(errors: readonly FieldError[]): string[] {
  return [...new Set(errors.map(fieldErrorText))];
}
